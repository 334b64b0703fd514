"""What happened, and what was served at a time: the log, read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import EnvironmentState
from llmops_cli.release.reading import events_back, load_state
from llmops_cli.release.state import apply_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.release_events import Event
    from llmops_cli.core.release_target import Target


def history(target: Target, environment: str, prompt_id: str | None = None) -> Iterator[Event]:
    """Walk the events of an environment, newest first; of one prompt, with those of the whole environment.

    Raises:
        TargetError: the log cannot be read.
    """
    for event in events_back(target, load_state(target, environment)):
        if prompt_id is None or not event.changes or any(change.prompt_id == prompt_id for change in event.changes):
            yield event


def state_at(target: Target, environment: str, at: datetime) -> EnvironmentState:
    """Return what the environment served at a time.

    Times are those of the writers' clocks; the order is that of the revisions, which no clock decides.

    Raises:
        TargetError: the log cannot be read.
    """
    state = EnvironmentState(environment=environment)
    for event in reversed(list(events_back(target, load_state(target, environment)))):
        if moment_of(event) > at:
            break
        state = apply_event(state, event)
    return state


def moment_of(event: Event) -> datetime:
    """Return the time of an event."""
    return parse_moment(event.at)


def parse_moment(text: str) -> datetime:
    """Return the time that a text says (ISO 8601; without an offset it is UTC).

    Raises:
        ValueError: it is no time.
    """
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
