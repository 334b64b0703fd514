"""Carry out a plan: one step, at most once, safe to kill anywhere.

The target makes releases durable before the state that names them. A lost answer is looked up by the plan's
key; a conflict is tried again on the new state, where every rule is checked anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli import __version__
from llmops_cli.core.errors import TargetError
from llmops_cli.core.release_events import Event
from llmops_cli.core.release_target import StaleRevisionError, StoredRelease, UnknownOutcomeError, Write
from llmops_cli.release.clock import moment
from llmops_cli.release.reading import events_back, load_state
from llmops_cli.release.state import apply_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release
    from llmops_cli.release.clock import Clock
    from llmops_cli.release.plan import Plan

MOST_ATTEMPTS = 30
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.5
MOST_UNANSWERED = 8
"""A disk or a network that gives no answer is asked for about two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The step as it was made. `repeated` when an earlier attempt of the same intention had made it already."""

    event: Event
    elapsed_seconds: float
    repeated: bool = False


def apply(plan: Plan, target: Target, clock: Clock) -> Receipt:
    """Make the step of a plan that is not empty, and return when it is durable.

    Raises:
        RefusedError: a rule forbids it now, or the environment changed under every attempt.
        TargetError: the target failed; with `UnknownOutcomeError` even after looking again.
    """
    started = clock.monotonic()
    problem: StaleRevisionError | UnknownOutcomeError | None = None
    unanswered: tuple[Event, Write] | None = None
    silent = 0
    for attempt in range(MOST_ATTEMPTS):
        if attempt:
            clock.sleep(min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS))
        if unanswered is None:
            state = load_state(target, plan.environment)
            made = _made_already(plan, target, state)
            if made is not None:
                return Receipt(event=made, elapsed_seconds=clock.monotonic() - started, repeated=True)
            event = event_of(plan, state, at=moment(clock.now()))
            unanswered = (event, write_of(state, event, plan.releases))
        try:
            # asking again for a step that is made already makes sure that it is durable
            target.commit(unanswered[1])
        except StaleRevisionError as error:
            problem, unanswered = error, None
        except UnknownOutcomeError as error:
            problem, silent = error, silent + 1
            if silent == MOST_UNANSWERED:
                raise
        else:
            return Receipt(event=unanswered[0], elapsed_seconds=clock.monotonic() - started)
    raise problem or TargetError("nothing was tried.")


def event_of(plan: Plan, state: EnvironmentState, *, at: str) -> Event:
    """Return the event that makes the plan's step on a state."""
    return Event(
        environment=plan.environment,
        revision=state.revision + 1,
        previous=state.head,
        kind=plan.kind,
        changes=plan.changes,
        at=at,
        by=plan.intent.by,
        key=plan.intent.key,
        tool_version=__version__,
        reason=plan.intent.reason,
        incident=plan.intent.incident,
    )


def write_of(state: EnvironmentState, event: Event, releases: Sequence[Release] = ()) -> Write:
    """Return what a target has to keep of a step.

    Raises:
        RefusedError: a rule of the state machine forbids it.
    """
    after = apply_event(state, event)
    return Write(
        environment=event.environment,
        revision=event.revision,
        previous=event.previous,
        head=after.head,
        state=after.data(),
        event=event.data(),
        releases=tuple(
            StoredRelease(prompt_id=release.prompt_id, version=release.version, data=release.data())
            for release in releases
        ),
    )


def _made_already(plan: Plan, target: Target, state: EnvironmentState) -> Event | None:
    newer = events_back(target, state, down_to=min(plan.revision, state.revision))
    return next((event for event in newer if event.key == plan.intent.key), None)
