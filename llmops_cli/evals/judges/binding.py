"""Scorers for suites with judges: judges get their ports, every other metric is bound as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.evals.judges.judge_metric import JudgeMetric
from llmops_cli.evals.measuring.guarded_scorer import GuardedScorer
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS, find_metric
from llmops_cli.evals.measuring.parameter_check import with_defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.scores import Scorer
    from llmops_cli.core.suites import MetricSpec
    from llmops_cli.evals.judges.ports import JudgePorts
    from llmops_cli.evals.ports import Bind


def with_judges(otherwise: Bind, ports: Callable[[], JudgePorts]) -> Bind:
    """Return a binding that gives judges what `ports` makes when the first judge is bound.

    Raises, when called: UsageError and InvalidFileError where a judge or a rubric cannot be used; before any call.
    """
    made: list[JudgePorts] = []

    def bind(spec: MetricSpec) -> Scorer:
        metric = find_metric(spec.metric)
        if not isinstance(metric, JudgeMetric):
            return otherwise(spec)
        problems = KNOWN_METRICS.check(spec)
        if problems:
            raise UsageError(problems[0].message, where=spec.name, hint=problems[0].hint or None)
        made[:] = made or [ports()]
        scorer = metric.bind_judge(spec.name, with_defaults(metric.parameters, spec.parameters), made[0])
        return GuardedScorer(scorer, name=spec.name, negated=spec.negated)

    return bind
