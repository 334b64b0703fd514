"""Moves of a canary: start, step, promote, abort."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import Candidate
from llmops_cli.release.moves import (
    check_before,
    check_no_canary,
    check_not_held,
    check_version,
    mark_of,
    new_release,
    refuse,
    remembered,
)

if TYPE_CHECKING:
    from llmops_cli.core.environment_state import PromptState
    from llmops_cli.core.release_events import Change, Event


def start(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Give a release to a part of the targeting keys."""
    release = new_release(change)
    check_before(prompt, change)
    if prompt.stable is None:
        refuse(f"'{change.prompt_id}' serves nothing yet that a canary could be compared with.", "Publish it first.")
    check_no_canary(prompt, change)
    check_not_held(prompt, change, release)
    check_version(prompt, change, release)
    if prompt.stable.digest == release.digest:
        refuse(f"'{change.prompt_id}' serves this content to everybody already.")
    if not change.salt:
        refuse("a canary needs a salt.")
    candidate = Candidate(release=release, weight=_weight(change), salt=change.salt)
    return replace(prompt, candidate=candidate, mark=mark_of(event))


def step(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Change the part that gets the candidate."""
    candidate = _running(prompt, change)
    weight = _weight(change)
    if weight == candidate.weight:
        refuse(f"the canary of '{change.prompt_id}' is at {weight}% already.")
    return replace(prompt, candidate=replace(candidate, weight=weight), mark=mark_of(event))


def promote(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Make the candidate stable."""
    candidate = _running(prompt, change)
    check_before(prompt, change)
    if change.after != candidate.release:
        refuse(f"the canary of '{change.prompt_id}' is another release.", "Look: llmops status")
    return replace(
        prompt,
        stable=candidate.release,
        candidate=None,
        released=remembered(candidate.release, prompt.released),
        mark=mark_of(event),
    )


def abort(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Give everybody the stable release again."""
    _running(prompt, change)
    return replace(prompt, candidate=None, mark=mark_of(event))


def _running(prompt: PromptState, change: Change) -> Candidate:
    if prompt.candidate is None:
        refuse(f"no canary of '{change.prompt_id}' is running.", f"Start one: llmops canary start {change.prompt_id}")
    return prompt.candidate


def _weight(change: Change) -> int:
    if change.weight is None or not 0 <= change.weight <= 100:  # noqa: PLR2004 - percent
        refuse("the weight of a canary is 0 to 100 percent.")
    return change.weight
