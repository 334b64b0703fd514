"""Outputs whose verdict is known, judged anew in every run: they tell a judge that changed from a prompt that did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError, Judgement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from llmops_cli.registry.rubric_file import Canary

GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCheck:
    """What a judge made of its canaries: `wrong` came out on the wrong side, `unread` got no verdict."""

    wrong: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    effort: JudgeEffort = field(default_factory=JudgeEffort)

    @property
    def problem(self) -> str:
        """Everything that speaks against the judge, empty when nothing does."""
        return "; ".join([*self.wrong, *self.unread])

    def __add__(self, other: CanaryCheck) -> CanaryCheck:
        """Return both together."""
        return CanaryCheck(
            wrong=self.wrong + other.wrong, unread=self.unread + other.unread, effort=self.effort + other.effort
        )


async def check_canaries(
    canaries: Sequence[Canary], judge: Callable[[Canary, int], Awaitable[Judgement]], *, least: float
) -> CanaryCheck:
    """Judge every canary: a good one scores at least `least`, a bad or attacked one less.

    One without a verdict is a problem too: what cannot be read now could not be read for the answers either.
    """
    checks = await asyncio.gather(*(_check(canary, index, judge, least) for index, canary in enumerate(canaries)))
    return sum(checks, start=CanaryCheck())


def canary_material(canary: Canary) -> Material:
    """Return the texts of a canary."""
    return Material(output=canary.output, input=canary.input, expected=canary.expected)


async def _check(
    canary: Canary, index: int, judge: Callable[[Canary, int], Awaitable[Judgement]], least: float
) -> CanaryCheck:
    name = f"canary {index + 1} ({canary.kind})"
    try:
        judgement = await judge(canary, index)
    except JudgeError as error:
        return CanaryCheck(unread=(f"{name} got no verdict: {error.reason}",), effort=error.effort)
    passed = judgement.score >= least
    if passed == (canary.kind == GOOD):
        return CanaryCheck(effort=judgement.effort)
    told = f"{name} scored {judgement.score:.2f} and {'passed' if passed else 'failed'}"
    return CanaryCheck(wrong=(told,), effort=judgement.effort)
