"""Plan a publish: every prompt that differs from what is live, through every rule, as one step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.release.plan import Plan
from llmops_cli.release.proposals import NoEvidence
from llmops_cli.release.publish_rules import RULES, Situation
from llmops_cli.release.reading import load_release, stored_release
from llmops_cli.release.record import record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_evidence import EvalEvidence
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release
    from llmops_cli.release.plan import Intent
    from llmops_cli.release.proposals import EvidenceSource, Lineage, Proposal
    from llmops_cli.release.publish_rules import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPorts:
    """What planning asks: the target, Git's history, and where evidence comes from."""

    target: Target
    lineage: Lineage
    evidence: EvidenceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """How to publish: the protected branch, whether callers may break, and the time of the records (UTC)."""

    branch: str
    at: str
    allow_breaking: bool = False


def plan_publish(
    state: EnvironmentState,
    proposals: Sequence[Proposal],
    intent: Intent,
    ports: PublishPorts,
    options: PublishOptions,
) -> Plan:
    """Plan to make the proposals live together; those that are live already are left alone.

    Raises:
        RefusedError: a rule refuses one of them; the message has every refusal.
        TargetError: the target cannot be read.
    """
    changes, releases, sentences, unchanged = [], [], [], []
    refusals: list[Refusal] = []
    for proposal in proposals:
        known = state.prompts.get(proposal.prompt.id)
        live = known.stable if known else None
        if live is not None and live.digest == proposal.prompt.digest():
            unchanged.append(f"{proposal.prompt.id}: unchanged, v{live.version} is live already")
            continue
        situation = _situation(state, proposal, ports, options)
        if refusal := _first_refusal(situation):
            refusals.append(refusal)
            continue
        found = situation.evidence()
        evidence = None if isinstance(found, NoEvidence) else found
        release = record_of(proposal, evidence, situation.stored, at=options.at, by=intent.by)
        releases.append(release)
        changes.append(Change(prompt_id=release.prompt_id, before=live, after=release.ref()))
        sentences.append(f"{release.prompt_id} in {state.environment}: {live or 'nothing'} → {release.ref()}")
    if refusals:
        raise _refused(refusals)
    return Plan(
        environment=state.environment,
        revision=state.revision,
        kind=EventKind.PUBLISH,
        intent=intent,
        changes=tuple(changes),
        releases=tuple(releases),
        sentences=tuple(sentences),
        unchanged=tuple(unchanged),
    )


def _situation(state: EnvironmentState, proposal: Proposal, ports: PublishPorts, options: PublishOptions) -> Situation:
    name = proposal.prompt.id
    earlier = _earlier(state, name, ports.target)
    known = state.prompts.get(name)
    live = next((release for release in earlier if known and release.ref() == known.stable), None)

    @cache
    def evidence() -> EvalEvidence | NoEvidence:
        return ports.evidence.evidence_of(proposal, live)

    return Situation(
        state=state,
        proposal=proposal,
        lineage=ports.lineage,
        branch=options.branch,
        stored=stored_release(ports.target, name, proposal.prompt.version),
        live=live,
        earlier=earlier,
        evidence=evidence,
        allow_breaking=options.allow_breaking,
    )


def _earlier(state: EnvironmentState, prompt_id: str, target: Target) -> tuple[Release, ...]:
    """Return what is or was live and can be read, and what is held: damage elsewhere does not stop a publish."""
    known = state.prompts.get(prompt_id)
    if known is None:
        return ()
    found: list[Release] = []
    for ref in known.released:
        try:
            found.append(load_release(target, prompt_id, ref))
        except DamagedRecordError:
            continue
    for hold in known.held:
        try:
            held = stored_release(target, prompt_id, hold.version)
        except DamagedRecordError:
            continue
        if held and held.digest == hold.digest and held not in found:
            found.append(held)
    return tuple(found)


def _first_refusal(situation: Situation) -> Refusal | None:
    return next((refusal for rule in RULES if (refusal := rule(situation))), None)


def _refused(refusals: Sequence[Refusal]) -> RefusedError:
    if len(refusals) == 1:
        return RefusedError(refusals[0].reason, hint=refusals[0].hint or None)
    listed = "\n".join(f"  {refusal.reason} {refusal.hint}".rstrip() for refusal in refusals)
    return RefusedError(f"{len(refusals)} prompts are refused, so none is published:\n{listed}")
