"""The table of metrics in use: checks specifications for the registry, binds them to scorers for the engine."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from llmops_cli.core.attribute_types import wrong_attribute
from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.errors import LlmopsError, SetupError, UsageError
from llmops_cli.core.findings import Severity
from llmops_cli.core.scores import ParameterProblem
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.evals.measuring.expected_answer import mentions_expected
from llmops_cli.evals.measuring.foreign_metric import foreign_metric
from llmops_cli.evals.measuring.guarded_scorer import GuardedScorer
from llmops_cli.evals.measuring.parameter_check import parameter_problems, with_defaults
from llmops_cli.evals.metrics import METRICS
from llmops_cli.evals.semantic.pair_scoring import ModelMetric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_cli.core.embeddings import EmbeddingModels
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import MetricTable, Scorer, Tier
    from llmops_cli.core.suites import MetricSpec, Suite
    from llmops_cli.evals.measuring.metric_base import EvalMetric

_PROBLEM = {"parameter": str, "message": str, "hint": str, "severity": Severity, "rule": str}


class _KnownMetrics:
    """Our metrics and those of installed packages (entry points `llmops.metrics`)."""

    def names(self) -> Sequence[str]:
        """Return every metric's name, ours first."""
        return tuple(METRICS)

    def check(self, spec: MetricSpec) -> Sequence[ParameterProblem]:
        """Return what is wrong with the specification, an unknown name included."""
        if spec.metric not in METRICS:
            if spec.metric in METRICS.refused():
                return (ParameterProblem(parameter="metric", message=METRICS.refused()[spec.metric]),)
            hint = did_you_mean(spec.metric, METRICS) or "List them: llmops metrics list"
            message = f"'{spec.metric[:80]}' is no metric."
            return (ParameterProblem(parameter="metric", message=message, hint=hint, rule="unknown-metric"),)
        try:
            metric = find_metric(spec.metric)
            problems = tuple(parameter_problems(spec.metric, metric.parameters, spec.parameters))
            problems = problems or tuple(metric.check(with_defaults(metric.parameters, spec.parameters)))
        except SetupError as error:
            return (ParameterProblem(parameter="metric", message=error.message, hint=error.hint or ""),)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - another package's metric does not break other findings
            message = f"{spec.metric} cannot check its parameters: {type(error).__name__}: {str(error)[:200]}."
            return (ParameterProblem(parameter="metric", message=message, hint="Report it to the metric's authors."),)
        if any(wrong_attribute(problem, _PROBLEM) for problem in problems):
            message = f"{spec.metric} cannot check its parameters: it gave something that is no problem of one."
            return (ParameterProblem(parameter="metric", message=message, hint="Report it to the metric's authors."),)
        return problems

    def required_expected(self, spec: MetricSpec) -> bool:
        """Return whether the metric can only score cases that have an expected answer."""
        if any(mentions_expected(value) for value in spec.parameters.values()):
            return True
        if spec.metric not in METRICS or "expected" in spec.parameters:
            return False
        try:
            return bool(getattr(find_metric(spec.metric), "needs_expected", False))
        except SetupError:
            return False  # `check` says why it cannot be used


KNOWN_METRICS: MetricTable = _KnownMetrics()
"""What the registry checks suites with."""


@lru_cache(maxsize=256)
def find_metric(name: str) -> EvalMetric:
    """Return the metric called `name`.

    Raises:
        UsageError: when there is none.
        SetupError: when it needs a package that is not installed, or is one of another package that does not work.
    """
    made = cast("type[EvalMetric]", METRICS.resolve(name))
    return foreign_metric(name, made) if METRICS.row(name).package else made()


def tier_of(spec: MetricSpec) -> Tier:
    """Return the tier of the metric that `spec` asks for."""
    return find_metric(spec.metric).tier


def bind(spec: MetricSpec, models: EmbeddingModels | None = None) -> Scorer:
    """Return the scorer of one specification, for all cases and trials of a run.

    The case arrives with each context, so that a semantic scorer or a judge sees many at once.
    `not: true` and the promise never to raise are the same for every metric and are added here.
    `models` is what metrics measure with that need a model; without it they fail to measure.

    Raises:
        UsageError: when the specification has problems; `KNOWN_METRICS.check` lists them all.
        SetupError: when the metric's model cannot be used on this machine.
    """
    problems = KNOWN_METRICS.check(spec)
    if problems:
        raise UsageError(problems[0].message, where=spec.name, hint=problems[0].hint or None)
    metric = find_metric(spec.metric)
    parameters = with_defaults(metric.parameters, spec.parameters)
    try:
        if models is not None and isinstance(metric, ModelMetric):
            scorer = metric.bind_with(spec.name, parameters, models)
        else:
            scorer = metric.bind(spec.name, parameters)
    except LlmopsError:
        raise
    except (Exception, SystemExit) as error:
        if not METRICS.row(spec.metric).package:
            raise
        raise METRICS.broken(spec.metric, error) from error
    return GuardedScorer(scorer, name=spec.name, negated=spec.negated)


def full_specification(spec: MetricSpec) -> JsonObject:
    """Return the specification with every default, the metric's version and its model: all that decides a score.

    A metric of another package is another one with every version of that package: whether its authors raise
    the metric's own version when it scores differently is not known here.
    """
    metric = find_metric(spec.metric)
    parameters = with_defaults(metric.parameters, spec.parameters)
    full: JsonObject = {**spec.as_json(), "parameters": parameters, "version": metric.version}
    if package := METRICS.row(spec.metric).package:
        full = {**full, "package": package}
    return {**full, "measured_by": metric.measured_by(parameters)} if isinstance(metric, ModelMetric) else full


def metrics_digest(suite: Suite) -> str:
    """Return the digest of everything that measures in a suite, the cases' own metrics included."""
    own = {case.id: [full_specification(spec) for spec in case.metrics] for case in suite.cases if case.metrics}
    judged = {"judges": dict(suite.judges), "rubrics": dict(suite.rubrics)} if suite.judges else {}
    return digest_of({"cases": own, "suite": _full(suite.metrics), **judged})


def _full(specs: Iterable[MetricSpec]) -> list[JsonObject]:
    return [full_specification(spec) for spec in specs]
