"""What the moves of the state machine share: their shape, and the checks that several of them make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Protocol

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.environment_state import RELEASES_REMEMBERED, Mark
from llmops_cli.core.errors import RefusedError

if TYPE_CHECKING:
    from llmops_cli.core.environment_state import PromptState
    from llmops_cli.core.release_events import Change, Event
    from llmops_cli.core.releases import ReleaseRef


class Move(Protocol):
    """One kind of event on one prompt: the prompt's next state, or a refusal. The caller counts the generation."""

    def __call__(self, prompt: PromptState, event: Event, change: Change, /) -> PromptState:
        """Return the state of the prompt after the change."""
        ...


def refuse(message: str, hint: str = "") -> NoReturn:
    """Refuse the change.

    Raises:
        RefusedError: always.
    """
    raise RefusedError(message, hint=hint or None)


def mark_of(event: Event) -> Mark:
    """Return who did it, when and why."""
    return Mark(since=event.at, by=event.by, reason=event.reason)


def new_release(change: Change) -> ReleaseRef:
    """Return the release that the change brings; an event without one is malformed."""
    if change.after is None:
        refuse(f"the event names no release of '{change.prompt_id}'.")
    return change.after


def check_before(prompt: PromptState, change: Change) -> None:
    """Refuse a change that was made for another stable release than the one that is live."""
    if change.before != prompt.stable:
        live = prompt.stable or "nothing"
        refuse(f"'{change.prompt_id}' serves {live} now, not {change.before or 'nothing'}.", "Look: llmops status")


def check_not_held(prompt: PromptState, change: Change, release: ReleaseRef) -> None:
    """Refuse a content that must not be served."""
    hold = prompt.hold_of(release.digest)
    if hold is None:
        return
    why = f": {hold.mark.reason}" if hold.mark.reason else ""
    what = "yanked" if hold.yanked else "held"
    message = (
        f"{change.prompt_id}-v{release.version} ({short_digest(release.digest)}) is {what}"
        f" since {hold.mark.since} by {hold.mark.by}{why}."
    )
    way = f"Publish other content, or free this one: llmops unhold {change.prompt_id} v{hold.version}"
    refuse(message, "What is yanked is never served again." if hold.yanked else way)


def check_version(prompt: PromptState, change: Change, release: ReleaseRef) -> None:
    """Refuse a version number that names another content already."""
    for known in prompt.released:
        if known.version == release.version and known.digest != release.digest:
            message = (
                f"{change.prompt_id}-v{release.version} names other content already ({short_digest(known.digest)})."
            )
            refuse(message, "A version number once used never names other content. Take the next: llmops bump")


def check_no_canary(prompt: PromptState, change: Change) -> None:
    """Refuse to move the ground under a running canary."""
    if prompt.candidate:
        running = prompt.candidate
        message = f"a canary of '{change.prompt_id}' is running: v{running.release.version} at {running.weight}%."
        name = change.prompt_id
        refuse(message, f"End it first: llmops canary promote {name}, or llmops canary abort {name}")


def remembered(release: ReleaseRef, earlier: tuple[ReleaseRef, ...]) -> tuple[ReleaseRef, ...]:
    """Return the releases that were stable, with `release` as the newest."""
    return (release, *(ref for ref in earlier if ref != release))[:RELEASES_REMEMBERED]
