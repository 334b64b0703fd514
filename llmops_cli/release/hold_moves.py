"""Moves that serve nothing new: hold, unhold, yank, and the freeze of one prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import Hold
from llmops_cli.core.release_events import EventKind
from llmops_cli.release.moves import mark_of, refuse

if TYPE_CHECKING:
    from llmops_cli.core.environment_state import PromptState
    from llmops_cli.core.release_events import Change, Event, HeldContent


def hold(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Keep contents from ever being served; a yank cannot be taken back."""
    yanked = event.kind is EventKind.YANK
    held = prompt.held
    for content in _contents(change):
        _check_not_served(prompt, change, content)
        known = prompt.hold_of(content.digest)
        if known and (known.yanked or not yanked):
            refuse(f"{change.prompt_id}-v{known.version} is {'yanked' if known.yanked else 'held'} already.")
        new = Hold(digest=content.digest, version=content.version, mark=mark_of(event), yanked=yanked)
        held = (*(item for item in held if item != known), new)
    return replace(prompt, held=held)


def unhold(prompt: PromptState, _event: Event, change: Change) -> PromptState:
    """Let contents be published again."""
    held = prompt.held
    for content in _contents(change):
        known = prompt.hold_of(content.digest)
        if known is None:
            refuse(f"{change.prompt_id}-v{content.version} is not held.")
        if known.yanked:
            refuse(f"{change.prompt_id}-v{known.version} is yanked, and stays so.", "Publish it under other content.")
        held = tuple(item for item in held if item != known)
    return replace(prompt, held=held)


def freeze(prompt: PromptState, event: Event, change: Change) -> PromptState:
    """Block publish, promote and canary of one prompt."""
    if prompt.frozen:
        refuse(f"'{change.prompt_id}' is frozen already.")
    return replace(prompt, frozen=mark_of(event))


def unfreeze(prompt: PromptState, _event: Event, change: Change) -> PromptState:
    """Let one prompt be changed again."""
    if not prompt.frozen:
        refuse(f"'{change.prompt_id}' is not frozen.")
    return replace(prompt, frozen=None)


def _contents(change: Change) -> tuple[HeldContent, ...]:
    if not change.contents:
        refuse(f"the event names no content of '{change.prompt_id}'.")
    return change.contents


def _check_not_served(prompt: PromptState, change: Change, content: HeldContent) -> None:
    name = change.prompt_id
    if prompt.stable and prompt.stable.digest == content.digest:
        refuse(f"{name}-v{content.version} is live: a hold would not stop it.", f"Go back: llmops rollback {name}")
    if prompt.candidate and prompt.candidate.release.digest == content.digest:
        refuse(f"{name}-v{content.version} is a running canary.", f"End it first: llmops canary abort {name}")
