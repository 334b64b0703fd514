"""One walk through the commits of one prompt: from what git says changed to what became of the prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.registry.history.prompt_places import below, partial_id_of, partials_folder, prompt_id_of
from llmops_cli.registry.history.prompt_states import PromptState, PromptStates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmops_cli.core.findings import Finding
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.git.changes import CommitChanges, FileChange
    from llmops_cli.registry.git.objects import Commit
    from llmops_cli.registry.git.repository import GitRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What one commit made of a prompt.

    `prompt` and `digest` are None where the file was deleted (`deleted`) or does not parse (`findings`
    say why). `changed_partials` are the ids of partials when they alone changed the prompt.
    `renamed_from` is the path the file had before this commit. `cut_off` marks the edge of a shallow
    clone: the commit is not known to have changed the prompt, only to contain it.
    """

    commit: Commit
    path: str
    prompt: Prompt | None
    findings: tuple[Finding, ...] = ()
    digest: str | None = None
    deleted: bool = False
    changed_partials: tuple[str, ...] = ()
    renamed_from: str | None = None
    cut_off: bool = False


@dataclass(slots=True)
class PromptWalk:
    """One walk under one name.

    `paths` are the places of the prompt's file known so far, `watched` the partials that it included at any
    point so far; both only grow.
    """

    repository: GitRepository
    folder: str
    prompt_id: str
    states: PromptStates
    paths: list[str] = field(default_factory=list[str])
    watched: set[str] = field(default_factory=set[str])

    def changes(self, start: str) -> Iterator[CommitChanges]:
        """Walk the commits that touch the prompt's file or a partial; anew when another place becomes known."""
        self.paths += self.states.paths_of(start, self.prompt_id)
        here = bool(self.paths)
        if not here:
            self.paths.append(below(self.folder, f"{self.prompt_id}.yaml"))
        seen: set[str] = set()
        found = False
        known = 0
        while known < len(self.paths):
            known = len(self.paths)
            for change in self.repository.changes([*self.paths, partials_folder(self.folder)], start):
                if change.commit in seen:
                    continue
                seen.add(change.commit)
                found = found or any(self.owns(file.path) for file in change.files)
                yield change
                if known < len(self.paths):
                    break
        if not here and not found:  # deleted long ago, from a folder that nothing names: look into every change
            yield from self.repository.changes([self.folder or "."], start, rare=False)

    def entries(self, start: str, changes: Iterable[CommitChanges]) -> Iterator[HistoryEntry]:
        """Turn changes into entries; those of partials that the prompt does not include fall away."""
        edges = self.repository.shallow_commits()
        state = self.states.find(start, self.prompt_id)
        path = state.path if state else ""
        self.watched |= state.includes if state else frozenset()
        for change in changes:
            own = [file for file in change.files if self.owns(file.path)]
            if own:
                entry = self._of_file(change.commit, own, cut_off=change.commit in edges)
                path = entry.renamed_from or entry.path
                yield entry
            elif self._touches_watched(change) and (entry_of_partials := self._of_partials(change, path)):
                yield entry_of_partials

    def versions(self, start: str, changes: Iterable[CommitChanges]) -> Mapping[int, str]:
        """Collect version → digest, the newest digest of each version."""
        found: dict[int, str] = {}
        state = self.states.find(start, self.prompt_id)
        if state and state.prompt and state.digest:
            found[state.prompt.version] = state.digest
        for entry in self.entries(start, changes):
            if entry.prompt and entry.digest:
                found.setdefault(entry.prompt.version, entry.digest)
        return found

    def before(self, oldest: HistoryEntry) -> tuple[PromptWalk | None, str | None]:
        """Return the walk under the name that the file had before, and where it starts."""
        if oldest.renamed_from is None or not oldest.commit.parents:
            return None, None
        inside = oldest.renamed_from.startswith(below(self.folder))
        folder = self.folder if inside else oldest.renamed_from.rpartition("/")[0]
        name = prompt_id_of(oldest.renamed_from, folder)
        if name is None or (name, folder) == (self.prompt_id, self.folder):
            return None, None
        return walk_of(self.repository, folder, name), oldest.commit.parents[0]

    def owns(self, path: str) -> bool:
        """Tell whether `path` is this prompt's file."""
        return prompt_id_of(path, self.folder) == self.prompt_id

    def _of_file(self, commit_id: str, own: list[FileChange], *, cut_off: bool) -> HistoryEntry:
        commit = self.repository.commit(commit_id)
        kept = next((file for file in own if file.new_blob), None)
        old = next((file for file in own if file.old_blob), None)
        if kept is not None and old is None and not cut_off and commit.parents:
            old = self._came_from(commit, kept.path)
        if old and old.old_blob and commit.parents and self.owns(old.old_path):
            self.watched |= self.states.includes_before(commit.parents[0], old.old_path, old.old_blob)
        if kept is None or kept.new_blob is None:
            return HistoryEntry(commit=commit, path=own[0].path, prompt=None, deleted=True)
        state = self.states.at(commit_id, kept.path, kept.new_blob)
        self.watched |= state.includes
        renamed = old.old_path if old and old.old_path != kept.path else None
        return _entry(commit, state, renamed_from=renamed, cut_off=cut_off)

    def _of_partials(self, change: CommitChanges, path: str) -> HistoryEntry | None:
        commit = self.repository.commit(change.commit)
        after = self.states.find(commit.hex, self.prompt_id, path)
        if after is None:
            return None
        before = self.states.find(commit.parents[0], self.prompt_id, path) if commit.parents else None
        self.watched |= after.includes | (before.includes if before else frozenset())
        if before and before.digest == after.digest and before.findings == after.findings:
            return None
        partials = self._partials_in(change) & self.watched
        return _entry(commit, after, changed_partials=tuple(sorted(partials)))

    def _came_from(self, commit: Commit, path: str) -> FileChange | None:
        """Find what a new file was before: the same name in another folder, else what git calls a rename."""
        changes = self.repository.differences(commit.parents[0], commit.hex)
        moved = next((file for file in changes if file.old_blob and not file.new_blob and self.owns(file.path)), None)
        if moved is not None:
            self.paths.append(moved.path)
            return moved
        if not any(file.old_blob and not file.new_blob for file in changes):
            return None
        renames = self.repository.differences(commit.parents[0], commit.hex, renames=True)
        return next((file for file in renames if file.path == path and file.old_path != path), None)

    def _touches_watched(self, change: CommitChanges) -> bool:
        return not self.watched.isdisjoint(self._partials_in(change))

    def _partials_in(self, change: CommitChanges) -> set[str]:
        return {name for file in change.files if (name := partial_id_of(file.path, self.folder))}


def walk_of(repository: GitRepository, folder: str, prompt_id: str) -> PromptWalk:
    """Return a walk that shares nothing with another."""
    return PromptWalk(repository, folder, prompt_id, PromptStates(repository, folder))


def _entry(
    commit: Commit,
    state: PromptState,
    *,
    renamed_from: str | None = None,
    changed_partials: tuple[str, ...] = (),
    cut_off: bool = False,
) -> HistoryEntry:
    return HistoryEntry(
        commit=commit,
        path=state.path,
        prompt=state.prompt,
        findings=state.findings,
        digest=state.digest,
        changed_partials=changed_partials,
        renamed_from=renamed_from,
        cut_off=cut_off,
    )
