"""The state machine of an environment: a state and an event give the next state, or a refusal. No I/O.

Publisher, service and auditor all use it, so a change that one of them would refuse is refused by all. Two
laws hold in every state that it returns: the revision is one more than before, and nothing held is served.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import Mark, PromptState
from llmops_cli.core.errors import RefusedError
from llmops_cli.core.release_events import EventKind
from llmops_cli.core.release_target import StaleRevisionError
from llmops_cli.release import canary_moves, hold_moves, release_moves
from llmops_cli.release.moves import Move, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_events import Change, Event

STOPPED_BY_A_FREEZE = frozenset(
    {
        EventKind.PUBLISH,
        EventKind.PROMOTE,
        EventKind.CANARY_START,
        EventKind.CANARY_STEP,
        EventKind.CANARY_PROMOTE,
    }
)
"""What a freeze blocks. The ways back (rollback, abort, hold, disable) stay open."""

_OF_THE_ENVIRONMENT = frozenset({EventKind.FREEZE, EventKind.UNFREEZE})

_MOVES: Mapping[EventKind, Move] = {
    EventKind.PUBLISH: release_moves.publish,
    EventKind.PROMOTE: release_moves.publish,
    EventKind.ROLLBACK: release_moves.roll_back,
    EventKind.DISABLE: release_moves.disable,
    EventKind.ENABLE: release_moves.enable,
    EventKind.CANARY_START: canary_moves.start,
    EventKind.CANARY_STEP: canary_moves.step,
    EventKind.CANARY_PROMOTE: canary_moves.promote,
    EventKind.CANARY_ABORT: canary_moves.abort,
    EventKind.HOLD: hold_moves.hold,
    EventKind.YANK: hold_moves.hold,
    EventKind.UNHOLD: hold_moves.unhold,
    EventKind.FREEZE: hold_moves.freeze,
    EventKind.UNFREEZE: hold_moves.unfreeze,
}


def apply_event(state: EnvironmentState, event: Event) -> EnvironmentState:
    """Return the state after `event`.

    Raises:
        StaleRevisionError: the event does not follow on this state.
        RefusedError: a rule forbids it.
    """
    if event.environment != state.environment:
        refuse(f"the event is for '{event.environment}', not for '{state.environment}'.")
    if event.revision != state.revision + 1 or event.previous != state.head:
        raise StaleRevisionError(state.environment, expected=event.revision - 1, current=state.revision)
    after = _environment_event(state, event) if not event.changes else _prompt_event(state, event)
    return replace(after, revision=event.revision, head=event.digest())


def _environment_event(state: EnvironmentState, event: Event) -> EnvironmentState:
    if event.kind not in _OF_THE_ENVIRONMENT:
        refuse(f"the event '{event.kind.value}' names no prompt.")
    freezes = event.kind is EventKind.FREEZE
    if freezes == bool(state.frozen):
        refuse(f"'{state.environment}' is {'frozen already' if freezes else 'not frozen'}.")
    return replace(state, frozen=_mark(event) if freezes else None)


def _prompt_event(state: EnvironmentState, event: Event) -> EnvironmentState:
    _check_freeze(state, event)
    prompts = dict(state.prompts)
    changed: set[str] = set()
    for change in event.changes:
        if change.prompt_id in changed:
            refuse(f"the event changes '{change.prompt_id}' twice.")
        changed.add(change.prompt_id)
        prompts[change.prompt_id] = _changed(prompts.get(change.prompt_id), event, change)
    return replace(state, prompts=prompts)


def _changed(before: PromptState | None, event: Event, change: Change) -> PromptState:
    mark = _mark(event)
    known = before or PromptState(mark=mark)
    after = _MOVES[event.kind](known, event, change)
    return replace(after, generation=known.generation + 1)


def _check_freeze(state: EnvironmentState, event: Event) -> None:
    if event.kind not in STOPPED_BY_A_FREEZE:
        return
    if state.frozen:
        _refuse_frozen(f"'{state.environment}'", state.frozen, "llmops unfreeze")
    for change in event.changes:
        prompt = state.prompts.get(change.prompt_id)
        if prompt and prompt.frozen:
            _refuse_frozen(f"'{change.prompt_id}'", prompt.frozen, f"llmops unfreeze {change.prompt_id}")


def _refuse_frozen(what: str, mark: Mark, command: str) -> None:
    reason = f" ({mark.reason})" if mark.reason else ""
    message = f"{what} is frozen since {mark.since} by {mark.by}{reason}."
    raise RefusedError(message, hint=f"A rollback is possible all the same. To go on: {command}")


def _mark(event: Event) -> Mark:
    return Mark(since=event.at, by=event.by, reason=event.reason)
