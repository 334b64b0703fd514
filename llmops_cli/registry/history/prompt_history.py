"""The history of one prompt: every commit that changed what it says, newest first.

A prompt's identity is its id, and its id is its file's name. A file that appears in one folder in the commit
that removes it from another has moved, and the walk goes on in both places; a file that came from another
name is followed under that name. A commit that changed nothing but a partial is listed when it changed the
prompt's digest. One revision that does not parse is an entry with findings, and the walk goes on.

Cost: one `git rev-list | git diff-tree` limited to the prompt's paths and the partials (one more for each
folder the file ever was in), and for each commit found one commit object, one blob, and the tree of the
partials. No tree is listed per commit.

What is not seen: a prompt that was deleted in one folder and made anew in another by a later commit begins
with the later one; and a merge that combines a new text from one side with a new partial from the other
has a digest of its own without changing any file (`versions_in` counts it, where it is `reference` itself).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.registry.git.changes import CommitChanges
from llmops_cli.registry.history.prompt_places import partial_id_of, prompt_id_of
from llmops_cli.registry.history.prompt_states import PromptStates
from llmops_cli.registry.history.prompt_walk import HistoryEntry, PromptWalk, walk_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from llmops_cli.registry.git.changes import FileChange
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.project_file import ProjectSettings

__all__ = ["GitVersions", "HistoryEntry", "prompt_history", "versions_in"]


def prompt_history(
    repository: GitRepository, prompt_id: str, settings: ProjectSettings, reference: str = "HEAD"
) -> Iterator[HistoryEntry]:
    """Walk the history of a prompt, newest first, through renames and revisions that do not parse.

    Yields nothing for an id that never was, and before the first commit.

    Raises:
        UsageError: when `reference` names no commit of this clone.
    """
    if reference == "HEAD" and repository.head() is None:
        return
    walk: PromptWalk | None = walk_of(repository, settings.paths.prompts, prompt_id)
    start: str | None = repository.resolve(reference)
    while walk is not None and start is not None:
        last = None
        for last in walk.entries(start, walk.changes(start)):
            yield last
        walk, start = walk.before(last) if last is not None else (None, None)


def versions_in(
    repository: GitRepository, prompt_id: str, settings: ProjectSettings, reference: str = "HEAD"
) -> Mapping[int, str]:
    """Return the digest of every version that this id had in the history of `reference`.

    A version that had several digests on its way keeps the newest. Other names that the file once had do
    not count: a version belongs to an id.

    Raises:
        UsageError: when `reference` names no commit of this clone.
    """
    if reference == "HEAD" and repository.head() is None:
        return {}
    walk = walk_of(repository, settings.paths.prompts, prompt_id)
    start = repository.resolve(reference)
    return walk.versions(start, walk.changes(start))


class GitVersions:
    """The versions of any number of prompts in one history (what `validate --base` asks for).

    The first prompt costs a walk of its own. From the second on, one walk over all prompts answers
    every question, so that a change of two thousand prompts does not walk the history as often.
    """

    def __init__(self, repository: GitRepository, settings: ProjectSettings, reference: str) -> None:
        """Resolve the revision once; nothing is walked yet.

        Raises:
            UsageError: when `reference` names no commit of this clone.
        """
        self._repository = repository
        self._folder = settings.paths.prompts
        self._start = repository.resolve(reference)
        self._states = PromptStates(repository, self._folder)
        self._asked = 0
        self._index: _ChangeIndex | None = None

    @property
    def cut_off(self) -> bool:
        """Whether this clone is shallow: versions from before its edge are not known, and numbers may repeat."""
        return self._repository.is_shallow

    def versions_of(self, prompt_id: str) -> Mapping[int, str]:
        """Return the digest of each version that the prompt ever had; see `versions_in`.

        Nothing is walked before somebody looks into the answer: a prompt that did not change costs nothing.
        """
        return _Versions(lambda: self._find(prompt_id))

    def _find(self, prompt_id: str) -> Mapping[int, str]:
        walk = PromptWalk(self._repository, self._folder, prompt_id, self._states)
        self._asked += 1
        if self._asked == 1:
            return walk.versions(self._start, walk.changes(self._start))
        if self._index is None:
            everything = self._repository.changes([self._folder or "."], self._start, rare=False)
            self._index = _ChangeIndex(everything, self._folder)
        return walk.versions(self._start, self._index.of(prompt_id))


class _Versions(Mapping[int, str]):
    """Versions that are looked up on first use."""

    def __init__(self, find: Callable[[], Mapping[int, str]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> Mapping[int, str]:
        return self._find()

    def __getitem__(self, version: int) -> str:
        return self._found[version]

    def __iter__(self) -> Iterator[int]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class _ChangeIndex:
    """All changes below the prompts' folder, by prompt id, in their order."""

    def __init__(self, changes: Iterable[CommitChanges], folder: str) -> None:
        self._commits: list[str] = []
        self._by_id: dict[str, dict[int, list[FileChange]]] = {}
        self._of_partials: dict[int, list[FileChange]] = {}
        for number, change in enumerate(changes):
            self._commits.append(change.commit)
            for file in change.files:
                if prompt_id := prompt_id_of(file.path, folder):
                    self._by_id.setdefault(prompt_id, {}).setdefault(number, []).append(file)
                elif partial_id_of(file.path, folder):
                    self._of_partials.setdefault(number, []).append(file)

    def of(self, prompt_id: str) -> Iterator[CommitChanges]:
        own = self._by_id.get(prompt_id, {})
        for number in sorted({*own, *self._of_partials}):
            files = (*own.get(number, ()), *self._of_partials.get(number, ()))
            yield CommitChanges(self._commits[number], files)
