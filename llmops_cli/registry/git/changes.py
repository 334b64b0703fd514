"""Which commits changed which files: `git rev-list | git diff-tree`, read as one stream.

Not `git log`: it obeys what the repository configures (signature checks run a program, formats, notes,
follow), and these two plumbing commands do not.

Merges: `--full-history`, so that a change and its revert on one side of a merge do not vanish when the other
side won (git's default prunes that side, and a version number used there would be given out again). Merges
themselves are shown combined (`-c`): only those whose file differs from every parent, that is, where the
merge itself made new text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.registry.git.objects import REGULAR_MODES
from llmops_cli.registry.git.process import GitCommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.registry.git.process import GitProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One path in one commit, compared with its parents.

    `old_blob` and `new_blob` are None where there is no regular file (before an addition, after a deletion;
    symbolic links and submodules are no files). With several parents, `old_blob` is the first one's.
    `old_path` differs from `path` only where renames were asked for.
    """

    path: str
    old_path: str
    old_blob: str | None
    new_blob: str | None


@dataclass(frozen=True, slots=True)
class CommitChanges:
    """The full id of one commit and what it changed among the paths asked for."""

    commit: str
    files: tuple[FileChange, ...]


def read_changes(
    process: GitProcess, commit: str, paths: Sequence[str], *, rare: bool = True
) -> Iterator[CommitChanges]:
    """Walk back from a full commit id, newest first, one value per commit that changed one of `paths`.

    Paths are files or folders from the repository's root, taken as they are: patterns would be matched against
    every name of every tree (measured: 25 times slower with 2,000 files in a folder). `rare` says that few
    commits touch them, so that the walk picks those; where most do, picking and comparing would do the same
    work twice.

    Raises:
        SetupError: when git cannot walk the history: a damaged repository.
    """
    walk = ("rev-list", "--full-history", "--end-of-options", commit, "--", *(paths if rare else ()))
    compare = ("diff-tree", "--stdin", "-r", "-c", "-z", "--root", "--raw", "--no-renames", "--no-abbrev", "--")
    records = process.records(walk, (*compare, *paths))
    try:
        yield from _grouped(records)
    except GitCommandError as error:
        raise error.as_setup_error(str(process.folder)) from None


def parse_changes(records: Iterator[bytes]) -> Iterator[FileChange]:
    """Read the raw format with NUL separators: details, path, and for a rename a second path."""
    for details in records:
        if details.startswith(b":"):
            yield _parse_change(details, records)


def _grouped(records: Iterator[bytes]) -> Iterator[CommitChanges]:
    commit = ""
    files: list[FileChange] = []
    for record in records:
        if record.startswith(b":"):
            files.append(_parse_change(record, records))
            continue
        if files:
            yield CommitChanges(commit, tuple(files))
        commit, files = record.strip().decode("ascii"), []
    if files:
        yield CommitChanges(commit, tuple(files))


def _parse_change(details: bytes, records: Iterator[bytes]) -> FileChange:
    parents = len(details) - len(details.lstrip(b":"))
    words = details.decode("ascii").lstrip(":").split(" ")
    modes, blobs = words[: parents + 1], words[parents + 1 : 2 * parents + 2]
    path = old_path = next(records).decode("utf-8", "surrogateescape")
    if words[-1][0] in "RC":
        path = next(records).decode("utf-8", "surrogateescape")
    return FileChange(
        path=path,
        old_path=old_path,
        old_blob=blobs[0] if modes[0] in REGULAR_MODES else None,
        new_blob=blobs[-1] if modes[-1] in REGULAR_MODES else None,
    )
