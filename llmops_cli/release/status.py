"""How what is live relates to what is approved in Git, prompt by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.environment_state import EnvironmentState, PromptState


class Relation(StrEnum):
    """How the live content of one prompt relates to Git; `live` when there is no repository to compare with."""

    IN_SYNC = "in sync"
    LIVE = "live"
    UNPUBLISHED = "unpublished"
    ROLLED_BACK = "rolled back"
    DRIFTED = "drifted"
    ORPHAN = "orphan"
    NOT_SERVED = "not served"


class GitView(Protocol):
    """What status asks of Git, at the tip of the protected branch."""

    def prompt_ids(self) -> tuple[str, ...]:
        """Return the prompts that are there."""
        ...

    def version(self, prompt_id: str) -> tuple[int, str] | None:
        """Return version and digest of a prompt, None when its file cannot be used."""
        ...

    def commits_since(self, prompt_id: str, digest: str) -> int | None:
        """Return how many commits changed the prompt since it had that digest; None when it never had."""
        ...

    def eval_is_stale(self, prompt_id: str) -> bool:
        """Tell whether the committed evaluation is of another content, suite or time than now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptStatus:
    """One prompt of an environment: the relation, and in `notes` everything else that somebody should know."""

    prompt_id: str
    relation: Relation
    detail: str
    live: PromptState | None
    notes: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether nobody has to do anything."""
        return self.relation in (Relation.IN_SYNC, Relation.LIVE) and not self.notes


def status_of(state: EnvironmentState, git: GitView | None) -> tuple[PromptStatus, ...]:
    """Return the status of every prompt that the environment knows or Git has, by id."""
    names = {*state.prompts, *(git.prompt_ids() if git else ())}
    in_git = frozenset(git.prompt_ids()) if git else frozenset()
    return tuple(_status(state, name, git, in_git) for name in sorted(names))


def summary(statuses: tuple[PromptStatus, ...]) -> Mapping[str, int]:
    """Count the relations."""
    return {relation.value: sum(item.relation is relation for item in statuses) for relation in Relation}


def _status(state: EnvironmentState, name: str, git: GitView | None, in_git: frozenset[str]) -> PromptStatus:
    live = state.prompts.get(name)
    relation, detail = _relation(live, name, git, in_git)
    notes = tuple(_notes(state, live, name, git if name in in_git else None))
    return PromptStatus(prompt_id=name, relation=relation, detail=detail, live=live, notes=notes)


def _relation(live: PromptState | None, name: str, git: GitView | None, in_git: frozenset[str]) -> tuple[Relation, str]:
    if git is None:
        return (Relation.LIVE if live and live.stable else Relation.NOT_SERVED), ""
    if name not in in_git:
        return Relation.ORPHAN, "not in Git any more"
    if live is None or live.stable is None:
        return Relation.UNPUBLISHED, "never published"
    return _compared(live, live.stable.digest, name, git)


def _compared(live: PromptState, digest: str, name: str, git: GitView) -> tuple[Relation, str]:
    found = git.version(name)
    if found is None:
        return Relation.DRIFTED, "the file in Git cannot be read"
    version, approved = found
    if digest == approved:
        return Relation.IN_SYNC, ""
    if live.hold_of(approved):
        return Relation.ROLLED_BACK, f"v{version} held; Git still has it: revert pending"
    commits = git.commits_since(name, digest)
    if commits is None:
        return Relation.DRIFTED, "live content unknown to Git"
    return Relation.UNPUBLISHED, f"{commits} commit{'' if commits == 1 else 's'}, v{version} in Git"


def _notes(state: EnvironmentState, live: PromptState | None, name: str, git: GitView | None) -> Iterator[str]:
    if live and live.candidate:
        yield f"canary v{live.candidate.release.version} {live.candidate.weight}%"
    if live and live.disabled:
        yield "disabled"
    if state.frozen or (live and live.frozen):
        yield "frozen"
    if git and git.eval_is_stale(name):
        yield "eval stale"
