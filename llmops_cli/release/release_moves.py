"""Moves of the stable release: publish (and promote), roll back, and the kill switch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import Hold
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
    from llmops_cli.core.releases import ReleaseRef


def publish(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Make a release stable."""
    release = new_release(change)
    check_before(prompt, change)
    check_not_held(prompt, change, release)
    check_no_canary(prompt, change)
    check_version(prompt, change, release)
    if prompt.stable and prompt.stable.digest == release.digest:
        refuse(f"'{change.prompt_id}' serves this content already, as v{prompt.stable.version}.")
    return replace(
        prompt,
        stable=release,
        released=remembered(release, prompt.released),
        mark=mark_of(event),
    )


def roll_back(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Make an earlier release stable again, end a canary, and hold what was bad.

    Releases that were stable after the target are forgotten as targets: going back again goes further back.
    """
    release = new_release(change)
    check_before(prompt, change)
    held = (*prompt.held, *_new_holds(prompt, event, change))
    after = replace(
        prompt,
        stable=release,
        candidate=None,
        released=_from(release, prompt.released),
        held=held,
        mark=mark_of(event),
    )
    check_not_held(after, change, release)
    if prompt.stable and prompt.stable.digest == release.digest and not prompt.candidate:
        refuse(f"'{change.prompt_id}' serves this content already, as v{prompt.stable.version}.")
    # a canary of the very content that becomes stable is not what was bad
    ended = prompt.candidate.release.digest if prompt.candidate else release.digest
    if ended != release.digest and after.hold_of(ended) is None:
        refuse(f"the rollback of '{change.prompt_id}' does not hold the canary that it ends.")
    if prompt.stable and prompt.stable.digest != release.digest and after.hold_of(prompt.stable.digest) is None:
        refuse(f"the rollback of '{change.prompt_id}' does not hold what it replaces: automation would bring it back.")
    return after


def disable(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Stop serving a prompt: readers get the default in their own code."""
    if prompt.stable is None:
        refuse(f"'{change.prompt_id}' is not released here.")
    if prompt.disabled:
        refuse(f"'{change.prompt_id}' is disabled already.")
    return replace(prompt, disabled=True, mark=mark_of(event))


def enable(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Serve a disabled prompt again."""
    if not prompt.disabled:
        refuse(f"'{change.prompt_id}' is not disabled.")
    return replace(prompt, disabled=False, mark=mark_of(event))


def _new_holds(prompt: PromptState, event: Event, change: Change) -> tuple[Hold, ...]:
    return tuple(
        Hold(digest=content.digest, version=content.version, mark=mark_of(event))
        for content in change.contents
        if prompt.hold_of(content.digest) is None
    )


def _from(release: ReleaseRef, released: tuple[ReleaseRef, ...]) -> tuple[ReleaseRef, ...]:
    """Return the releases from the target on; a target older than what is remembered stands alone."""
    return released[released.index(release) :] if release in released else (release,)
