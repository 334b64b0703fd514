"""Outputs whose verdict is known, judged anew in every run: they tell a judge that changed from a prompt that did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError, Judgement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from llmops_cli.registry.rubric_file import Canary

GOOD = "good"


async def flipped_canaries(
    canaries: Sequence[Canary], judge: Callable[[Canary, int], Awaitable[Judgement]], *, least: float
) -> tuple[str, JudgeEffort]:
    """Return which canaries came out wrong (empty when none did), and what judging them took.

    A good canary scores at least `least`, a bad or attacked one less. One without a verdict is wrong too: what
    cannot be read now could not be read for the answers either.
    """
    results = await asyncio.gather(*(_result(canary, index, judge, least) for index, canary in enumerate(canaries)))
    effort = JudgeEffort()
    for _, each in results:
        effort += each
    return "; ".join(problem for problem, _ in results if problem), effort


def canary_material(canary: Canary) -> Material:
    """Return the texts of a canary."""
    return Material(output=canary.output, input=canary.input, expected=canary.expected)


async def _result(
    canary: Canary, index: int, judge: Callable[[Canary, int], Awaitable[Judgement]], least: float
) -> tuple[str, JudgeEffort]:
    name = f"canary {index + 1} ({canary.kind})"
    try:
        judgement = await judge(canary, index)
    except JudgeError as error:
        return f"{name} got no verdict: {error.reason}", error.effort
    passed = judgement.score >= least
    if passed == (canary.kind == GOOD):
        return "", judgement.effort
    return f"{name} scored {judgement.score:.2f} and {'passed' if passed else 'failed'}", judgement.effort
