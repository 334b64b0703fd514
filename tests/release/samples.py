"""Small releases and plans to move around."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from llmops_cli.core.prompts import Message, ModelSettings, Prompt, Role, Template, Variable
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_evidence import EvalEvidence, MetricEvidence
from llmops_cli.core.releases import GitOrigin, Release
from llmops_cli.release.apply import Receipt, apply
from llmops_cli.release.plan import Intent, Plan
from llmops_cli.release.reading import load_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.release_target import Target

__all__ = ["Message"]

NAME = "summarize-email"
_KEYS = count(1)


class StillClock:
    """Time moves by a millisecond whenever somebody looks, and waiting takes none."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def prompt(version: int = 1, text: str | None = None, *, name: str = NAME, variables: Sequence[str] = ()) -> Prompt:
    text = f"Summarise, version {version}." if text is None else text
    return Prompt(
        id=name,
        version=version,
        path=f"prompts/{name}.yaml",
        model=ModelSettings(name="local/tiny", temperature=0.2, max_tokens=100, stop=("\n\n",)),
        messages=(Template(role=Role.USER, source=text, resolved=text),),
        variables=tuple(Variable(name=variable) for variable in variables),
    )


def evidence() -> EvalEvidence:
    return EvalEvidence(
        suite_digest="sha256:" + "a" * 64,
        baseline="sha256:" + "b" * 64,
        verdict="pass",
        score=0.9,
        cases=30,
        model_asked="local/tiny",
        models_served=("tiny",),
        metrics={"equals": MetricEvidence(mean=0.9, low=0.8, high=1.0, cases=30)},
        at="2026-11-20T10:00:00Z",
        by="Ada",
        why="better",
    )


def release(
    version: int = 1,
    text: str | None = None,
    *,
    name: str = NAME,
    variables: Sequence[str] = (),
    rollback_to: int | None = None,
) -> Release:
    return Release(
        prompt=prompt(version, text, name=name, variables=variables),
        git=GitOrigin(commit=f"{version:040x}", path=f"prompts/{name}.yaml", blob="c" * 40, branch="main"),
        evidence=evidence(),
        created_at="2026-11-23T02:00:00.000Z",
        created_by="Ada",
        tool_version="0.1",
        rollback_to=rollback_to,
    )


def intent(reason: str = "", *, by: str = "Ada") -> Intent:
    return Intent(by=by, key=f"key-{next(_KEYS)}", reason=reason)


def publish_plan(
    target: Target, *releases: Release, environment: str = "production", who: Intent | None = None
) -> Plan:
    state = load_state(target, environment)
    changes = []
    for item in releases:
        known = state.prompts.get(item.prompt_id)
        changes.append(Change(prompt_id=item.prompt_id, before=known.stable if known else None, after=item.ref()))
    return Plan(
        environment=environment,
        revision=state.revision,
        kind=EventKind.PUBLISH,
        intent=who or intent(),
        changes=tuple(changes),
        releases=releases,
        sentences=("publish",),
    )


def publish(target: Target, *releases: Release, environment: str = "production") -> Receipt:
    return apply(publish_plan(target, *releases, environment=environment), target, StillClock())
