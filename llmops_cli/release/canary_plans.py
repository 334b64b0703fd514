"""Plans of a canary: start, step, promote, abort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_policy import ACCEPTED_HINT, ReleasePolicy
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.release.plan import Plan

if TYPE_CHECKING:
    from llmops_cli.core.environment_state import Candidate, EnvironmentState, PromptState
    from llmops_cli.core.releases import Release
    from llmops_cli.release.plan import Intent


_USUAL = ReleasePolicy()


def plan_start(
    state: EnvironmentState, release: Release, weight: int, intent: Intent, policy: ReleasePolicy = _USUAL
) -> Plan:
    """Plan to give `release` to `weight` percent of the targeting keys.

    Raises:
        RefusedError: the environment asks for more than was measured of it.
    """
    known = state.prompts.get(release.prompt_id)
    stable = known.stable if known else None
    if objection := policy.objection(release, replaces=stable is not None):
        raise RefusedError(objection, hint=ACCEPTED_HINT)
    change = Change(
        prompt_id=release.prompt_id,
        before=stable,
        after=release.ref(),
        weight=weight,
        # one salt per candidate: the same people stay in it for all its steps, others are in the next one
        salt=f"{release.prompt_id}/{short_digest(release.digest)}:",
    )
    sentence = f"{release.prompt_id} in {state.environment}: canary {release.ref()} at {weight}% beside {stable}"
    return _plan(state, EventKind.CANARY_START, change, sentence, intent, (release,))


def plan_step(state: EnvironmentState, prompt_id: str, weight: int, intent: Intent) -> Plan:
    """Plan to give the candidate to another part of the targeting keys."""
    candidate = _running(state, prompt_id)
    sentence = f"{prompt_id} in {state.environment}: canary {candidate.release} {candidate.weight}% → {weight}%"
    return _plan(state, EventKind.CANARY_STEP, Change(prompt_id=prompt_id, weight=weight), sentence, intent)


def plan_promote_canary(state: EnvironmentState, prompt_id: str, intent: Intent) -> Plan:
    """Plan to give the candidate to everybody."""
    candidate = _running(state, prompt_id)
    before = state.prompts[prompt_id].stable
    change = Change(prompt_id=prompt_id, before=before, after=candidate.release)
    sentence = f"{prompt_id} in {state.environment}: {before} → {candidate.release}"
    return _plan(state, EventKind.CANARY_PROMOTE, change, sentence, intent)


def plan_abort(state: EnvironmentState, prompt_id: str, intent: Intent) -> Plan:
    """Plan to give everybody the stable release again."""
    candidate = _running(state, prompt_id)
    sentence = f"{prompt_id} in {state.environment}: canary {candidate.release} ends at {candidate.weight}%"
    return _plan(state, EventKind.CANARY_ABORT, Change(prompt_id=prompt_id), sentence, intent)


def _plan(
    state: EnvironmentState,
    kind: EventKind,
    change: Change,
    sentence: str,
    intent: Intent,
    releases: tuple[Release, ...] = (),
) -> Plan:
    return Plan(
        environment=state.environment,
        revision=state.revision,
        kind=kind,
        intent=intent,
        changes=(change,),
        releases=releases,
        sentences=(sentence,),
    )


def _running(state: EnvironmentState, prompt_id: str) -> Candidate:
    prompt = known_prompt(state, prompt_id)
    if prompt.candidate is None:
        message = f"no canary of '{prompt_id}' is running in '{state.environment}'."
        raise RefusedError(message, hint=f"Start one: llmops canary start {prompt_id}")
    return prompt.candidate


def known_prompt(state: EnvironmentState, prompt_id: str) -> PromptState:
    """Return what an environment knows of a prompt.

    Raises:
        UsageError: nothing; with the nearest id that it knows.
    """
    prompt = state.prompts.get(prompt_id)
    if prompt is None:
        message = f"'{state.environment}' does not serve '{prompt_id}'."
        hint = did_you_mean(prompt_id, state.prompts) or "List what it serves: llmops status"
        raise UsageError(message, hint=hint)
    return prompt
