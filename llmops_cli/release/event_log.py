"""The log of an environment, checked as a whole: any edit, removal, reordering or truncation is found.

Each event holds the digest of the one before, the state holds the digest of the last and their number, and the
state is what the events add up to. Who can rewrite everything can still rewrite everything: against that, keep
a checkpoint (environment, revision, digest) somewhere else and give it to `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import EnvironmentState
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.release.reading import events_back, load_release, load_state
from llmops_cli.release.state import apply_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.release_events import Event
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import ReleaseRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What somebody saw at some time and kept elsewhere: the digest of the event of a revision."""

    revision: int
    head: str

    def __str__(self) -> str:
        """Read as `42:sha256:…`, the form in which it is kept."""
        return f"{self.revision}:{self.head}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """The result of checking a log: how far it reaches, what is wrong with it, and the checkpoint to keep."""

    environment: str
    events: int
    releases: int
    problems: tuple[str, ...]
    checkpoint: Checkpoint | None


def verify(target: Target, environment: str, *, checkpoint: Checkpoint | None = None) -> LogReport:
    """Check the whole log of an environment, its state, and every release that it names. Changes nothing.

    Raises:
        TargetError: the target cannot be read; that says nothing about the log.
    """
    problems: list[str] = []
    state, events = _readable(target, environment, problems)
    problems.extend(_replay_problems(state, events))
    if checkpoint is not None:
        problems.extend(_checkpoint_problems(state, events, checkpoint))
    refs = _named_releases(events)
    problems.extend(_release_problems(target, refs))
    return LogReport(
        environment=environment,
        events=len(events),
        releases=len(refs),
        problems=tuple(problems),
        checkpoint=Checkpoint(revision=state.revision, head=state.head) if state.revision and not problems else None,
    )


def _readable(target: Target, environment: str, problems: list[str]) -> tuple[EnvironmentState, list[Event]]:
    """Return the state and, oldest first, the events that could be read."""
    events: list[Event] = []
    try:
        state = load_state(target, environment)
    except DamagedRecordError as error:
        problems.append(error.message)
        return EnvironmentState(environment=environment), events
    try:
        events.extend(events_back(target, state))
    except DamagedRecordError as error:
        problems.append(error.message)
    return state, events[::-1]


def _replay_problems(state: EnvironmentState, events: Sequence[Event]) -> Iterator[str]:
    if len(events) != state.revision:
        return
    replayed = EnvironmentState(environment=state.environment)
    for event in events:
        try:
            replayed = apply_event(replayed, event)
        except LlmopsError as error:
            yield f"the event of revision {event.revision} breaks a rule: {error.message}"
            return
    if replayed != state:
        yield f"the state at revision {state.revision} is not what the events add up to."


def _checkpoint_problems(state: EnvironmentState, events: Sequence[Event], checkpoint: Checkpoint) -> Iterator[str]:
    if checkpoint.revision > state.revision:
        yield f"the log ends at revision {state.revision}, before the checkpoint {checkpoint.revision}: it was cut off."
        return
    known = {event.revision: event.digest() for event in events}
    if checkpoint.revision in known and known[checkpoint.revision] != checkpoint.head:
        yield f"the event of revision {checkpoint.revision} is not the one of the checkpoint: the log was rewritten."


def _named_releases(events: Sequence[Event]) -> dict[tuple[str, ReleaseRef], int]:
    named: dict[tuple[str, ReleaseRef], int] = {}
    for event in events:
        for change in event.changes:
            if change.after is not None:
                named.setdefault((change.prompt_id, change.after), event.revision)
    return named


def _release_problems(target: Target, refs: dict[tuple[str, ReleaseRef], int]) -> Iterator[str]:
    for (prompt_id, ref), revision in refs.items():
        try:
            load_release(target, prompt_id, ref)
        except DamagedRecordError as error:
            yield f"{error.message} (named by revision {revision})"
