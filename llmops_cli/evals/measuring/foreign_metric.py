"""A metric of another package: made, and looked at before anything is measured with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmops_cli.core.attribute_types import wrong_attribute
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.scores import Tier
from llmops_cli.evals.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.evals.measuring.metric_base import EvalMetric


def foreign_metric(name: str, make: Callable[[], EvalMetric]) -> EvalMetric:
    """Return the metric that `make` makes.

    Raises:
        SetupError: it cannot be made, or is not what a metric has to be.
    """
    try:
        metric = make()
    except LlmopsError:
        raise
    except (Exception, SystemExit) as error:
        raise METRICS.broken(name, error) from error
    for problem in _problems(name, metric):
        raise METRICS.no_such_part(name, problem)
    return metric


def _problems(name: str, metric: EvalMetric) -> Iterator[str]:
    if metric.name != name:
        yield f"it calls itself '{metric.name}'"
    if wrong_attribute(metric, {"tier": Tier}):
        yield "its tier is no `llmops_cli.core.scores.Tier`"
    if metric.tier is Tier.JUDGE or hasattr(metric, "bind_judge"):
        # a judge blocks only with a licence, and the licence is for what this program asks and how it reads the reply
        yield "judges are rubrics of the metrics judge, judge_checklist, judge_pairwise and judge_panel, not packages"
    if wrong_attribute(metric, {"version": int}) or metric.version < 1:
        yield "its version is no whole number from 1"
    if not _is_schema(metric.parameters):
        yield "its parameters are no JSON Schema of an object with `properties`, each with a `type` or `anyOf`"
    for method in ("check", "bind"):
        if not callable(getattr(metric, method)):
            yield f"its {method} cannot be called"


def _is_schema(parameters: object) -> bool:
    if not isinstance(parameters, Mapping):
        return False
    properties = parameters.get("properties", {})
    if not isinstance(properties, Mapping):
        return False
    typed = all(isinstance(entry, Mapping) and ("type" in entry or "anyOf" in entry) for entry in properties.values())
    required = parameters.get("required", ())
    return typed and isinstance(required, (list, tuple)) and all(key in properties for key in required)
