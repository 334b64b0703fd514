"""The port through which the registry reads files: a work tree, or a Git revision, looks the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


_NO_REASON = "the file cannot be read."


class UnreadableFileError(FileNotFoundError):
    """There is something at the path, and its bytes cannot be had; `reason` says why, in a few words."""

    def __init__(self, path: str, reason: str) -> None:
        """Keep the reason for those who tell a file that is missing from one that is locked."""
        super().__init__(path)
        self.reason = reason


def unreadable(error: FileNotFoundError) -> str:
    """Return the sentence for a file that is listed or named and cannot be read, with the reason where it is known."""
    return f"the file cannot be read: {error.reason}." if isinstance(error, UnreadableFileError) else _NO_REASON


class FileTree(Protocol):
    """The regular files of a repository at one moment.

    Paths are relative to the repository's root, with forward slashes. Symbolic links and submodules
    are not files. `label` names the moment for people: `work tree`, `main (1a2b3c4)`.
    """

    label: str

    def paths(self, folder: str = "") -> Iterator[str]:
        """Walk the files below `folder` (all when empty), sorted by code point."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of one file.

        Raises:
            FileNotFoundError: when there is no regular file at `path`; `UnreadableFileError` when it cannot be read.
        """
        ...

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether `path` is a regular file of exactly these bytes; it is not read where its id tells."""
        ...
