"""Scores one answer with one metric."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.scores import ScoreContext
from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals.measuring.metric_table import bind

if TYPE_CHECKING:
    from llmops_cli.core.scores import ScoreOutcome
    from llmops_cli.core.suites import Expected


def spec_of(metric: str, parameters: dict[str, Any], *, negated: bool = False) -> MetricSpec:
    return MetricSpec(metric=metric, name=metric, parameters=parameters, negated=negated)


def outcome_of(
    metric: str,
    parameters: dict[str, Any],
    answer: str,
    expected: Expected = None,
    variables: dict[str, Any] | None = None,
) -> ScoreOutcome:
    case = Case(id="c", variables=variables or {}, expected=expected)
    context = ScoreContext(case=case, completion=Completion(text=answer, usage=Usage()))
    return asyncio.run(_score(spec_of(metric, parameters), context))


async def _score(spec: MetricSpec, context: ScoreContext) -> ScoreOutcome:
    return (await bind(spec).score([context]))[0]
