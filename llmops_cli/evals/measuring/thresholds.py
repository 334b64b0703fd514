"""Thresholds on the score scale: finite, above 0, at most 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.metric_base import cannot_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject

PERCENT = 100


def threshold_problems(parameters: JsonObject, parameter: str = "min") -> Sequence[ParameterProblem]:
    """Return what is wrong with the threshold called `parameter`, where there is one."""
    value = parameters.get(parameter)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ()  # missing, or of another type: the schema's business
    if not math.isfinite(value):
        return (_problem(parameter, f"{parameter} is {value}; a threshold is a finite number in (0, 1]."),)
    if value <= 0:
        message = f"{parameter} is {value:g}; every answer reaches that, so the metric cannot fail."
        return (cannot_fail(parameter, message, "Scores lie in [0, 1]: give the lowest score that is good enough."),)
    if value > 1:
        hint = f"Did you mean {value / PERCENT:g}?" if value <= PERCENT else "Scores lie in [0, 1]."
        return (_problem(parameter, f"{parameter} is {value:g}; no score is above 1.", hint),)
    return ()


def _problem(parameter: str, message: str, hint: str = "") -> ParameterProblem:
    return ParameterProblem(parameter=parameter, message=message, hint=hint)
