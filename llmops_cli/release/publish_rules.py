"""The rules of publish, one function each: None, or why the proposal is refused. Each is asked of each prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.registry.diff.interface import interface_changes
from llmops_cli.release.proposals import NoEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.environment_state import EnvironmentState, PromptState
    from llmops_cli.core.release_evidence import EvalEvidence
    from llmops_cli.core.releases import Release
    from llmops_cli.release.proposals import Lineage, Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a proposal is refused, and what to do about it."""

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules look at.

    `stored` is the release that has this version number already, `earlier` are the releases that are or were
    live here and can be read, `branch` is the protected branch.
    """

    state: EnvironmentState
    proposal: Proposal
    lineage: Lineage
    branch: str
    stored: Release | None
    live: Release | None
    earlier: tuple[Release, ...]
    evidence: Callable[[], EvalEvidence | NoEvidence]
    allow_breaking: bool = False

    @property
    def known(self) -> PromptState | None:
        """What the environment knows of the prompt."""
        return self.state.prompts.get(self.proposal.prompt.id)

    @property
    def name(self) -> str:
        """The proposal's name for people."""
        return self.proposal.prompt.identifier


def only_from_the_protected_branch(situation: Situation) -> Refusal | None:
    """Refuse a commit that the protected branch does not contain: nobody has to have approved it."""
    commit = situation.proposal.origin.commit
    if situation.lineage.is_ancestor(commit, situation.branch):
        return None
    reason = f"commit {commit[:12]} is not on the protected branch '{situation.branch}'."
    return Refusal(reason=reason, hint="Merge it first; what is published was approved.")


def not_into_a_freeze(situation: Situation) -> Refusal | None:
    """Refuse while the environment or the prompt is frozen."""
    known = situation.known
    mark = situation.state.frozen or (known.frozen if known else None)
    if mark is None:
        return None
    what = situation.state.environment if situation.state.frozen else situation.proposal.prompt.id
    why = f": {mark.reason}" if mark.reason else ""
    return Refusal(reason=f"'{what}' is frozen since {mark.since} by {mark.by}{why}.", hint="Wait, or llmops unfreeze.")


def not_what_is_held(situation: Situation) -> Refusal | None:
    """Refuse a content that was rolled back or held: no merge and no re-run job brings it back."""
    prompt = situation.proposal.prompt
    hold = situation.known.hold_of(prompt.digest()) if situation.known else None
    if hold is None:
        return None
    why = f": {hold.mark.reason}" if hold.mark.reason else ""
    what = "yanked" if hold.yanked else "held"
    reason = f"{situation.name} is {what} since {hold.mark.since} by {hold.mark.by}{why}."
    hint = f"Change the prompt, or free it: llmops unhold {prompt.id} v{hold.version}"
    return Refusal(reason=reason, hint="" if hold.yanked else hint)


def no_second_meaning_of_a_version(situation: Situation) -> Refusal | None:
    """Refuse a version number that names other content already."""
    digest = situation.proposal.prompt.digest()
    taken = [release for release in (situation.stored, *situation.earlier) if release]
    other = next((r for r in taken if r.version == situation.proposal.prompt.version and r.digest != digest), None)
    if other is None:
        return None
    reason = f"{situation.name} names other content already ({short_digest(other.digest)})."
    return Refusal(reason=reason, hint="A version number never gets a second meaning. Take the next: llmops bump")


def not_back_in_time(situation: Situation) -> Refusal | None:
    """Refuse a commit that is older than what is or was live: a late job cannot ship an old prompt."""
    new = situation.proposal.origin.commit
    live = situation.live
    if live is not None and live.git.commit != new:
        if not situation.lineage.commit_exists(live.git.commit):
            reason = f"commit {live.git.commit[:12]} of the live {live.identifier} is not in this clone."
            hint = "Fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)."
            return Refusal(reason=reason, hint=hint if situation.lineage.is_shallow else "Fetch it: git fetch")
        if not situation.lineage.is_ancestor(live.git.commit, new):
            reason = f"commit {new[:12]} does not contain {live.git.commit[:12]}, from which {live.identifier} is live."
            return Refusal(reason=reason, hint="Publish a newer commit; to go back, use llmops rollback.")
    for release in situation.earlier:
        commit = release.git.commit
        known = commit != new and situation.lineage.commit_exists(commit)
        if known and situation.lineage.is_ancestor(new, commit):
            reason = f"commit {new[:12]} is older than {commit[:12]}, from which {release.identifier} was live."
            return Refusal(reason=reason, hint="Publish a newer commit; to go back, use llmops rollback.")
    return None


def no_broken_callers(situation: Situation) -> Refusal | None:
    """Refuse a change of variables or output that breaks callers, unless that is allowed."""
    if situation.allow_breaking or situation.live is None:
        return None
    changes = interface_changes(situation.live.prompt, situation.proposal.prompt)
    breaking = [change.message for change in changes if change.breaking]
    if not breaking:
        return None
    reason = f"{situation.name} breaks callers of {situation.live.identifier}: {'; '.join(breaking)}."
    return Refusal(reason=reason, hint="When every caller is ready: --allow-breaking")


def only_with_evidence(situation: Situation) -> Refusal | None:
    """Refuse a content that no committed, passing measurement stands for."""
    found = situation.evidence()
    if isinstance(found, NoEvidence):
        return Refusal(reason=f"{situation.name}: {found.reason}", hint=found.hint)
    return None


RULES: tuple[Callable[[Situation], Refusal | None], ...] = (
    only_from_the_protected_branch,
    not_into_a_freeze,
    not_what_is_held,
    no_second_meaning_of_a_version,
    not_back_in_time,
    no_broken_callers,
    only_with_evidence,
)
"""In the order in which they are asked; the last may run the gate, so the first refusal of a prompt ends it."""
