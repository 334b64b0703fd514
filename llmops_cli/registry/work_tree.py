"""The files as they lie on disk now."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.registry.tree import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 1 << 20
_MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL})
_LINKS = frozenset({errno.ELOOP, errno.EMLINK})  # what O_NOFOLLOW says on Linux and macOS, and on FreeBSD

LEFT_OUT = frozenset({".git", ".llmops"})
"""Folders that are nobody's prompts: Git's own, and the runs of this machine."""


class WorkTree:
    """A directory on disk as a `FileTree`.

    Symbolic links are never followed and folders in `LEFT_OUT` never entered, so nothing outside the
    root is read, whatever a repository contains.
    """

    label = "work tree"

    def __init__(self, root: Path) -> None:
        """Look at the directory `root`; the root itself may be reached through a link."""
        self.root = root.resolve()
        self._top = os.fspath(self.root)

    def paths(self, folder: str = "") -> Iterator[str]:
        """Walk the regular files below `folder`, sorted by code point.

        Raises:
            SetupError: when a folder cannot be listed.
        """
        parts = _parts(folder)
        if parts is None or not self._is_plain_folder(parts):
            return iter(())
        return _sorted_files("/".join((self._top, *parts)), "".join(f"{part}/" for part in parts))

    def read(self, path: str) -> bytes:
        """Return the bytes of the regular file at `path`.

        Raises:
            UnreadableFileError: when it is a link, or its permissions keep it from being read.
            FileNotFoundError: for anything else: no file, a link on the way, a place outside the root.
        """
        parts = _parts(path)
        if not parts or not self._is_plain_folder(parts[:-1]):
            raise FileNotFoundError(path)
        # O_NOFOLLOW: a link that appears after the check is not followed either; O_NONBLOCK: a pipe does not hang
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open("/".join((self._top, *parts)), flags)
        except OSError as error:
            if error.errno in _MISSING:
                raise FileNotFoundError(path) from error
            link = error.errno in _LINKS
            reason = "it is a symbolic link, and links are not followed" if link else error.strerror or "unknown error"
            raise UnreadableFileError(path, reason) from error
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise FileNotFoundError(path)
            return _read_all(handle, found.st_size)
        finally:
            os.close(handle)

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether `path` is a regular file of exactly these bytes."""
        try:
            return self.read(path) == data
        except FileNotFoundError:
            return False

    def _is_plain_folder(self, parts: tuple[str, ...]) -> bool:
        place = self._top
        for part in parts:
            place = f"{place}/{part}"
            try:
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    return False
            except OSError as error:
                if error.errno in _MISSING:
                    return False
                raise _cannot_list(place, error) from error
        return True


def _read_all(handle: int, size: int) -> bytes:
    """Read to the end. One call gets all of a file that nobody is writing to; a file object makes four."""
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    chunks = [data]
    while chunk := os.read(handle, _CHUNK_BYTES):
        chunks.append(chunk)
    return b"".join(chunks)


def _cannot_list(folder: str, error: OSError) -> SetupError:
    """What a folder holds must not be taken for nothing because nobody may look."""
    message = f"the folder cannot be read: {error.strerror or type(error).__name__}."
    return SetupError(message, where=safe_text(folder, one_line=True), hint="Check its permissions.")


def _parts(path: str) -> tuple[str, ...] | None:
    """Return the components of a relative path, or None when it could leave the tree."""
    if not path:
        return ()
    parts = tuple(path.rstrip("/").split("/"))
    unsafe = path.startswith("/") or "\0" in path or "\\" in path
    if unsafe or any(part in {"", ".", ".."} or part in LEFT_OUT for part in parts):
        return None
    return parts


def _sorted_files(folder: str, prefix: str) -> Iterator[str]:
    """Walk depth first; a folder sorts as `name/`, which gives the order of the full paths.

    Raises:
        SetupError: when a folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (f"{entry.name}/", True) if entry.is_dir(follow_symlinks=False) else (entry.name, False)
                for entry in entries
                if entry.name not in LEFT_OUT
                and (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False))
            )
    except OSError as error:
        raise _cannot_list(folder, error) from error
    for name, is_folder in found:
        if is_folder:
            yield from _sorted_files(f"{folder}/{name[:-1]}", prefix + name)
        else:
            yield prefix + name
