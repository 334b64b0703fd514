"""The files of one commit, seen through the same port as the work tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError
from llmops_cli.registry.git.objects import REGULAR_MODES, blob_id, parse_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.git.objects import ObjectReader
    from llmops_cli.registry.git.process import GitProcess


class RevisionTree:
    """A `FileTree` over one commit: listed once, each file read by its blob's id.

    Symbolic links and submodules are not files here. A pointer of Git LFS comes out as the pointer it is:
    the content is not in Git. Paths that are not UTF-8 carry surrogate escapes.
    """

    def __init__(self, *, commit: str, label: str, process: GitProcess, objects: ObjectReader) -> None:
        """Take the commit's full id; nothing is read yet."""
        self.commit = commit
        self.label = label
        self._process = process
        self._objects = objects
        self._blobs: dict[str, str] | None = None

    def paths(self, folder: str = "") -> Iterator[str]:
        """Walk the files below `folder` (all when empty), sorted by code point."""
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        return (path for path in self._listed() if path.startswith(prefix))

    def read(self, path: str) -> bytes:
        """Return the bytes of one file.

        Raises:
            FileNotFoundError: when there is no regular file at `path`.
            SetupError: when there is one, but this clone left its content on the server.
        """
        blob = self.blob_of(path)
        if blob is None:
            raise FileNotFoundError(path)
        found = self._objects.read(blob)
        if found is None:
            message = f"the content of this file ({blob[:10]}) is not in this clone."
            raise SetupError(message, where=f"{path} at {self.label}", hint="Fetch it: git fetch --refetch --no-filter")
        return found.data

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether `path` is a regular file of exactly these bytes: by the id that Git would give them."""
        blob = self.blob_of(path)
        return blob is not None and blob == blob_id(data, digits=len(blob))

    def blob_of(self, path: str) -> str | None:
        """Return the id of the blob at `path`, or None when there is no regular file.

        Before the tree is listed, only the one folder is read: who wants a file of each of a hundred commits
        does not list a hundred trees.
        """
        if self._blobs is not None or "\n" in path:
            return self._listed().get(path)
        folder, _, name = path.rpartition("/")
        if any(part in {"", ".", ".."} for part in path.split("/")):
            return None  # git would take these as relative to its working folder
        found = self._objects.read(f"{self.commit}:{folder}")
        entries = parse_tree(found) if found else ()
        return next((entry.hex for entry in entries if entry.name == name and entry.is_regular), None)

    def has_entry(self, path: str) -> bool:
        """Tell whether anything at all is committed at `path`: a file, a folder, a link, a submodule."""
        folder, _, name = path.rpartition("/")
        found = self._objects.read(f"{self.commit}:{folder}")
        return found is not None and any(entry.name == name for entry in parse_tree(found))

    def _listed(self) -> dict[str, str]:
        if self._blobs is None:
            self._blobs = list_blobs(self._process, self.commit)
        return self._blobs


def list_blobs(process: GitProcess, commit: str, folder: str = "") -> dict[str, str]:
    """Return path → blob id of the regular files below `folder` (all when empty), sorted by path."""
    below = ("--", f"{folder}/") if folder else ()
    _, listing = process.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *below)
    return dict(sorted(_regular_files(listing)))


def _regular_files(listing: bytes) -> Iterator[tuple[str, str]]:
    for record in listing.split(b"\0"):
        details, tab, path = record.partition(b"\t")
        if tab:
            mode, _, blob = details.decode("ascii").split(" ")
            if mode in REGULAR_MODES:
                yield path.decode("utf-8", "surrogateescape"), blob
