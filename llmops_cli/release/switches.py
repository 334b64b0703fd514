"""Plans that serve nothing new: hold, unhold, yank, freeze, unfreeze, disable, enable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.core.release_events import Change, EventKind, HeldContent
from llmops_cli.release.canary_plans import known_prompt
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import stored_release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target
    from llmops_cli.release.plan import Intent

_DONE = {
    EventKind.HOLD: "is held: it cannot be served until it is freed",
    EventKind.UNHOLD: "is free: it can be published again",
    EventKind.YANK: "is yanked: it can never be served again",
    EventKind.FREEZE: "is frozen: no publish, promote or canary; rollback stays possible",
    EventKind.UNFREEZE: "is free to change again",
    EventKind.DISABLE: "is disabled: readers get the default in their own code",
    EventKind.ENABLE: "is served again",
}


def plan_hold(
    state: EnvironmentState, prompt_id: str, version: int, target: Target, intent: Intent, *, kind: EventKind
) -> Plan:
    """Plan to hold, free (`unhold`) or yank one version of a prompt.

    Raises:
        UsageError: there is no such release.
    """
    change = Change(prompt_id=prompt_id, contents=(_content(state, prompt_id, version, target, kind),))
    return _plan(state, kind, (change,), (f"{prompt_id}-v{version} in {state.environment} {_DONE[kind]}",), intent)


def plan_switch(state: EnvironmentState, prompt_ids: Sequence[str], intent: Intent, *, kind: EventKind) -> Plan:
    """Plan to freeze, unfreeze, disable or enable prompts; without any, to (un)freeze the whole environment.

    Raises:
        UsageError: the environment does not know one of the prompts.
    """
    for prompt_id in prompt_ids:
        known_prompt(state, prompt_id)
    changes = tuple(Change(prompt_id=prompt_id) for prompt_id in prompt_ids)
    sentences = tuple(f"{prompt_id} in {state.environment} {_DONE[kind]}" for prompt_id in prompt_ids)
    return _plan(state, kind, changes, sentences or (f"{state.environment} {_DONE[kind]}",), intent)


def _content(state: EnvironmentState, prompt_id: str, version: int, target: Target, kind: EventKind) -> HeldContent:
    known = state.prompts.get(prompt_id)
    if kind is not EventKind.HOLD and known:
        hold = next((hold for hold in known.held if hold.version == version), None)
        if hold is not None:
            return HeldContent(digest=hold.digest, version=version)
    release = stored_release(target, prompt_id, version)
    if release is None:
        message = f"{prompt_id}-v{version} was never released to {target.label}."
        raise UsageError(message, hint=f"Look what was: llmops history {prompt_id} --env {state.environment}")
    return HeldContent(digest=release.digest, version=version)


def _plan(
    state: EnvironmentState,
    kind: EventKind,
    changes: tuple[Change, ...],
    sentences: tuple[str, ...],
    intent: Intent,
) -> Plan:
    return Plan(
        environment=state.environment,
        revision=state.revision,
        kind=kind,
        intent=intent,
        changes=changes,
        sentences=sentences,
    )
