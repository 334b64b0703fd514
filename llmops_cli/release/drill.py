"""A rehearsal: publish and roll back in a scratch environment, seen through the real read path, with the times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import TargetError
from llmops_cli.core.prompts import ModelSettings, Prompt, Role, Template
from llmops_cli.core.release_events import Change, EventKind, HeldContent
from llmops_cli.core.releases import GitOrigin, Release
from llmops_cli.release.apply import apply
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_release, load_state
from llmops_cli.release.rollback import plan_rollback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target
    from llmops_cli.release.clock import Clock
    from llmops_cli.release.plan import Intent

ENVIRONMENT = "llmops-drill"
PROMPT_ID = "llmops-drill"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStep:
    """One step: how long the write took, and after how long another connection read it, checked."""

    name: str
    revision: int
    written_seconds: float
    read_seconds: float


def rehearse(writer: Target, reader: Target, clock: Clock, intents: Callable[[], Intent]) -> Iterator[DrillStep]:
    """Publish twice and roll back once, and yield each step as it is seen by `reader`.

    Raises:
        TargetError: a step cannot be made, or is not seen within half a minute.
    """
    first, second = (drill_release(version) for version in (1, 2))
    state = load_state(writer, ENVIRONMENT)
    known = state.prompts.get(PROMPT_ID)
    if known is None or known.stable != first.ref():
        yield _step("publish v1", _publish(state, first, intents()), writer, reader, clock)
    state = load_state(writer, ENVIRONMENT)
    if state.prompts[PROMPT_ID].hold_of(second.digest):
        # the rehearsal before this one held it
        apply(_free(state, second, intents()), writer, clock)
    state = load_state(writer, ENVIRONMENT)
    yield _step("publish v2", _publish(state, second, intents()), writer, reader, clock)
    state = load_state(writer, ENVIRONMENT)
    yield _step("rollback", plan_rollback(state, PROMPT_ID, writer, intents()), writer, reader, clock)


def drill_release(version: int) -> Release:
    """Return one of the two releases of the rehearsal; they are the same for ever."""
    text = f"This is version {version} of a rehearsal."
    return Release(
        prompt=Prompt(
            id=PROMPT_ID,
            version=version,
            path="drill",
            model=ModelSettings(name="echo/drill"),
            messages=(Template(role=Role.USER, source=text, resolved=text),),
        ),
        git=GitOrigin(commit="0" * 40, path="drill", blob="0" * 40, branch="drill"),
        evidence=None,
        created_at="2026-01-01T00:00:00Z",
        created_by="llmops drill",
        tool_version="drill",
    )


def _publish(state: EnvironmentState, release: Release, intent: Intent) -> Plan:
    known = state.prompts.get(PROMPT_ID)
    change = Change(prompt_id=PROMPT_ID, before=known.stable if known else None, after=release.ref())
    return _plan(state, EventKind.PUBLISH, change, intent, (release,))


def _free(state: EnvironmentState, release: Release, intent: Intent) -> Plan:
    content = HeldContent(digest=release.digest, version=release.version)
    return _plan(state, EventKind.UNHOLD, Change(prompt_id=PROMPT_ID, contents=(content,)), intent, ())


def _plan(
    state: EnvironmentState, kind: EventKind, change: Change, intent: Intent, releases: tuple[Release, ...]
) -> Plan:
    return Plan(
        environment=ENVIRONMENT,
        revision=state.revision,
        kind=kind,
        intent=intent,
        changes=(change,),
        releases=releases,
        sentences=(f"{kind.value} {PROMPT_ID}",),
    )


def _step(name: str, plan: Plan, writer: Target, reader: Target, clock: Clock) -> DrillStep:
    started = clock.monotonic()
    receipt = apply(plan, writer, clock)
    written = clock.monotonic()
    revision = receipt.event.revision
    if reader.wait(ENVIRONMENT, revision - 1, PATIENCE_SECONDS) < revision:
        message = f"revision {revision} was written, but not seen within {PATIENCE_SECONDS:.0f} seconds."
        raise TargetError(message, where=reader.label)
    served = load_state(reader, ENVIRONMENT).prompts[PROMPT_ID].stable
    if served is not None:
        load_release(reader, PROMPT_ID, served)
    return DrillStep(
        name=name, revision=revision, written_seconds=written - started, read_seconds=clock.monotonic() - started
    )
