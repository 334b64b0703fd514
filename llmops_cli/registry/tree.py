"""The port through which the registry reads files: a work tree, or a Git revision, looks the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


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
            FileNotFoundError: when there is no regular file at `path`.
        """
        ...

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether `path` is a regular file of exactly these bytes; it is not read where its id tells."""
        ...
