"""The files as they lie on disk now."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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

    def paths(self, folder: str = "") -> Iterator[str]:
        """Walk the regular files below `folder`, sorted by code point."""
        parts = _parts(folder)
        if parts is None or not self._is_plain_folder(parts):
            return iter(())
        return _sorted_files(os.fspath(self.root.joinpath(*parts)), "".join(f"{part}/" for part in parts))

    def read(self, path: str) -> bytes:
        """Return the bytes of the regular file at `path`.

        Raises:
            FileNotFoundError: for anything else: no file, a link on the way, a place outside the root.
        """
        parts = _parts(path)
        if not parts or not self._is_plain_folder(parts[:-1]):
            raise FileNotFoundError(path)
        # O_NOFOLLOW: a link that appears after the check is not followed either; O_NONBLOCK: a pipe does not hang
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(self.root.joinpath(*parts), flags)
        except OSError as error:
            raise FileNotFoundError(path) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise FileNotFoundError(path)
        with os.fdopen(handle, "rb") as file:
            return file.read()

    def _is_plain_folder(self, parts: tuple[str, ...]) -> bool:
        place = self.root
        for part in parts:
            place /= part
            try:
                if not stat.S_ISDIR(place.lstat().st_mode):
                    return False
            except OSError:
                return False
        return True


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
    """Walk depth first; a folder sorts as `name/`, which gives the order of the full paths."""
    with os.scandir(folder) as entries:
        found = sorted(
            (f"{entry.name}/", True) if entry.is_dir(follow_symlinks=False) else (entry.name, False)
            for entry in entries
            if entry.name not in LEFT_OUT
            and (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False))
        )
    for name, is_folder in found:
        if is_folder:
            yield from _sorted_files(f"{folder}/{name[:-1]}", prefix + name)
        else:
            yield prefix + name
