"""A Git repository: the only door of llmops to Git (with `git_process`, `git_objects`, `git_changes` behind it).

GitPython finds the repository: which work tree, which Git directory, through `.git` files of worktrees and
submodules. It does so without starting anything. Everything after that is git itself: it alone judges who
owns the repository (`safe.directory`), it knows SHA-256 and shallow clones, and it reads objects in an
environment we control (`git_objects` has the measurements). GitPython's dynamic commands are not used: they
take options where they expect names.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from llmops_cli.core.errors import UsageError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.git import advice as git_advice
from llmops_cli.registry.git.changes import CommitChanges, FileChange, parse_changes, read_changes
from llmops_cli.registry.git.objects import Commit, GitObject, ObjectReader, parse_commit
from llmops_cli.registry.git.process import GitCommandError, GitProcess
from llmops_cli.registry.git.revision_tree import RevisionTree, list_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Commit", "CommitChanges", "FileChange", "GitRepository"]

# letters and digits of any script, and what branch names use; no option, refspec, range, reflog or path syntax
_REFERENCE = re.compile(r"(?![-+^])[\w./@~^+#=,-]{1,255}")
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class GitRepository:
    """One repository, read only. Use it as a context manager, or call `close` when done."""

    def __init__(self, *, root: Path, common_dir: Path, shallow: bool, process: GitProcess) -> None:
        """Take what `open` found out."""
        self.root = root
        self.common_dir = common_dir
        self.is_shallow = shallow
        self._process = process
        self._objects = ObjectReader(process)

    @classmethod
    def open(cls, start: Path, environment: Mapping[str, str] | None = None) -> Self:
        """Open the repository that `start` (a folder, or a file in one) lies in.

        Raises:
            SetupError: no repository here, no git on the PATH, or git does not trust the owner.
        """
        environment = os.environ if environment is None else environment
        folder = start.absolute() if start.is_dir() else start.absolute().parent
        process, tops = _process_for(folder, environment)
        arguments = ("--show-toplevel", "--git-common-dir", "--is-shallow-repository")
        try:
            _, answer = process.run("rev-parse", *arguments)
        except GitCommandError as error:
            raise git_advice.why_not_opened(error, folder) from None
        top, common, shallow = os.fsdecode(answer).rstrip("\n").rsplit("\n", 2)
        # core.worktree may name any folder of the machine: another work tree than the one around us is not ours
        if Path(top).resolve() not in {place.resolve() for place in tops}:
            raise git_advice.no_repository(folder)
        # git answers relative to where it was asked
        common_dir = Path(os.path.normpath(process.folder / common))
        process.folder = Path(top)
        return cls(root=Path(top), common_dir=common_dir, shallow=shallow == "true", process=process)

    def __enter__(self) -> Self:
        """Enter: nothing is started until something is read."""
        return self

    def __exit__(self, *details: object) -> None:
        """Leave: end the child that reads objects."""
        self.close()

    def close(self) -> None:
        """End the child that reads objects. The repository can be used again after that."""
        self._objects.close()

    def resolve(self, reference: str) -> str:
        """Return the full id (40 or 64 hexadecimal digits) of the commit that `reference` names.

        Raises:
            UsageError: when it does not name a commit of this clone; the hint says how to fetch it.
        """
        if _HEX.fullmatch(reference) and self.commit_exists(reference):
            return reference
        if not _REFERENCE.fullmatch(reference) or ".." in reference:
            message = f"'{_shown(reference)}' cannot be the name of a revision here."
            hint = "Use a branch, a tag, HEAD~2 or a commit id; git rev-parse turns anything else into an id."
            raise UsageError(message, hint=hint)
        found = self._verify(reference)
        if found is None:
            raise git_advice.unknown_revision(_shown(reference), unborn=self.head() is None, shallow=self.is_shallow)
        return found

    def head(self) -> str | None:
        """Return the id of the commit that is checked out, or None before the first commit."""
        return self._verify("HEAD")

    def branch(self) -> str | None:
        """Return the name of the branch that is checked out, or None when none is."""
        code, name = self._process.run("symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1))
        return name.decode("utf-8", "replace").strip() if code == 0 else None

    def author(self) -> str | None:
        """Return the name that Git would write into a commit made now, or None where it knows none."""
        code, name = self._process.run("config", "--get", "user.name", accept=(0, 1))
        return name.decode("utf-8", "replace").strip() or None if code == 0 else None

    def tree_at(self, reference: str) -> RevisionTree:
        """Return the files at a revision.

        Raises:
            UsageError: as `resolve`.
        """
        commit = self.resolve(reference)
        short = commit[:7]
        label = short if commit.startswith(reference) else f"{_shown(reference)} ({short})"
        return RevisionTree(commit=commit, label=label, process=self._process, objects=self._objects)

    def commit(self, commit_id: str) -> Commit:
        """Return the commit with that full id.

        Raises:
            SetupError: when its object is not in this clone.
        """
        found = self._objects.read(commit_id)
        if found is None or found.kind != "commit":
            raise git_advice.missing_object(commit_id, shallow=self.is_shallow)
        return parse_commit(found)

    def commit_exists(self, commit_id: str) -> bool:
        """Tell whether a full id names a commit of this clone."""
        found = self._objects.read(commit_id)
        return found is not None and found.kind == "commit"

    def read_object(self, name: str) -> GitObject | None:
        """Return the object `<full id>` or `<full id>:<path>`, or None when this clone has none.

        Raises:
            ValueError: when `name` does not begin with a full id: names of people's go through `resolve`.
        """
        if not _HEX.fullmatch(name.partition(":")[0]):
            message = "objects are read by their full id"
            raise ValueError(message)
        return self._objects.read(name)

    def blobs_below(self, commit_id: str, folder: str) -> Mapping[str, str]:
        """Return path → blob id of the regular files below a folder of the commit with that full id."""
        return list_blobs(self._process, commit_id, folder)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two revisions, or None when they share no history.

        Raises:
            UsageError: as `resolve`.
            SetupError: when this clone is shallow and the ancestor may lie beyond its edge.
        """
        ids = (self.resolve(one), self.resolve(other))
        code, found = self._process.run("merge-base", "--end-of-options", *ids, accept=(0, 1))
        if code == 1 and self.is_shallow:
            raise git_advice.history_too_short(_shown(one), _shown(other))
        return found.decode("ascii").strip() or None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether `newer` contains `older`; a revision contains itself."""
        ids = (self.resolve(older), self.resolve(newer))
        code, _ = self._process.run("merge-base", "--is-ancestor", "--end-of-options", *ids, accept=(0, 1))
        return code == 0

    def log(self, paths: Sequence[str] = (), reference: str = "HEAD") -> Iterator[Commit]:
        """Walk the commits that changed one of `paths` (all commits when empty), newest first.

        Paths are taken as they are, without pattern characters. Before the first commit there are none.
        """
        if reference == "HEAD" and self.head() is None:
            return
        start = self.resolve(reference)
        if paths:
            for changes in read_changes(self._process, start, paths):
                yield self.commit(changes.commit)
            return
        for line in self._process.records(("rev-list", "--end-of-options", start), separator=b"\n"):
            yield self.commit(line.decode("ascii"))

    def changes(self, paths: Sequence[str], reference: str = "HEAD", *, rare: bool = True) -> Iterator[CommitChanges]:
        """Walk the commits that changed one of `paths` (files or folders), newest first, with what changed.

        `rare` says that few commits did; it decides about speed alone.
        """
        if reference == "HEAD" and self.head() is None:
            return
        yield from read_changes(self._process, self.resolve(reference), paths, rare=rare)

    def differences(self, older: str, newer: str, *, renames: bool = False) -> tuple[FileChange, ...]:
        """Return what differs between two revisions; with `renames`, a move is one change."""
        ids = (self.resolve(older), self.resolve(newer))
        follow = ("--find-renames", "-l1000") if renames else ("--no-renames",)
        _, listing = self._process.run(
            "diff-tree", "-r", "-z", "--raw", *follow, "--no-abbrev", "--end-of-options", *ids
        )
        return tuple(parse_changes(iter(listing.split(b"\0"))))

    def shallow_commits(self) -> frozenset[str]:
        """Return the commits at which a shallow clone's history is cut off."""
        if not self.is_shallow:
            return frozenset()
        with suppress(OSError):
            return frozenset((self.common_dir / "shallow").read_text("ascii").split())
        return frozenset()

    def _verify(self, reference: str) -> str | None:
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
        try:
            code, answer = self._process.run(*arguments, accept=(0, 1, 128))
        except GitCommandError as error:
            raise error.as_setup_error(str(self.root)) from None
        # older git repeats the option; the id is the last line
        found = answer.decode("ascii", "replace").split("\n")[-2:][0]
        return found if code == 0 and _HEX.fullmatch(found) else None


def _process_for(folder: Path, environment: Mapping[str, str]) -> tuple[GitProcess, tuple[Path, ...]]:
    """Return a git that works where `folder` is, and which folders may be the top of its work tree.

    It is found from the folder, else as the caller's GIT_DIR says.

    In a hook GIT_DIR may be relative to another folder, so what lies around `folder` goes first; a caller
    who keeps the Git directory apart from the work tree has nothing lying around, and GIT_DIR is the answer.
    """
    process = GitProcess(folder, environment)  # before GitPython, whose import fails badly without git
    plain = _plain_place(folder)
    found = plain or _discover(folder)
    if found is not None:
        process.folder = found
        return process, (plain,) if plain else _with_parents(folder)
    given = environment.get("GIT_DIR")
    if not given:
        raise git_advice.bare_repository(folder) if _is_git_folder(folder) else git_advice.no_repository(folder)
    names = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")
    pinned = {name: str(Path(environment[name]).absolute()) for name in names if environment.get(name)}
    return GitProcess(folder, environment, {"GIT_WORK_TREE": str(folder), **pinned}), _with_parents(folder)


def _plain_place(folder: Path) -> Path | None:
    """Return the folder whose `.git` is a whole directory, as nearly always; None leaves it to GitPython.

    Looking at four names takes no time, and importing GitPython takes 0.03 to 0.09 s of every command.
    """
    for place in _with_parents(folder):
        git = place / ".git"
        if os.path.lexists(place / "HEAD"):
            return None  # maybe a bare repository, or a Git directory itself
        if os.path.lexists(git):
            return place if git.is_dir() and _is_git_folder(git) else None
    return None


def _is_git_folder(folder: Path) -> bool:
    return os.path.lexists(folder / "HEAD") and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _with_parents(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents)


def _discover(folder: Path) -> Path | None:
    from git import Repo
    from git.exc import GitError

    try:
        with Repo(folder, search_parent_directories=True, expand_vars=False) as repository:
            tree = repository.working_tree_dir
    except (GitError, OSError, ValueError):
        return None
    return Path(tree) if tree and Path(tree) in _with_parents(folder) else None


def _shown(reference: str) -> str:
    return shortened(safe_text(reference, one_line=True), 100)
