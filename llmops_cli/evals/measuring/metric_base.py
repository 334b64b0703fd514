"""What the deterministic metrics share: a measurement of one completion, and a scorer made of a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from llmops_cli.core.scores import Metric, ParameterProblem, Score, ScoreContext, ScoreFailure, Scorer, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreOutcome

CANNOT_FAIL = "metric-cannot-fail"
"""The rule of every finding about a metric that says the same of every answer."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a metric found: `value` in [0, 1], whether it is good enough, why, and the raw value in its unit."""

    value: float
    passed: bool
    reason: str
    raw: float | None = None
    unit: str = ""


class CannotMeasureError(Exception):
    """The metric has nothing to measure with: no expected answer, no price, a schema that runs too long."""


Measure: TypeAlias = Callable[[ScoreContext], Measurement]
"""A metric bound to its parameters, for one completion.

Raises CannotMeasureError where there is nothing to measure with.
"""


class EvalMetric(Metric, Protocol):
    """A metric that the engine can run: core's definition and the way to a scorer."""

    def bind(self, name: str, parameters: JsonObject) -> Scorer:
        """Return the scorer for checked parameters; `name` is the metric's name within its suite."""
        ...


class DeterministicMetric(ABC):
    """A metric that looks at one completion at a time and needs nothing but processor time.

    `needs_expected` says that without an `expected` parameter it compares with the case's expected
    answer. Parameters arrive complete: every default of the schema is filled in.
    """

    name: ClassVar[str]
    tier: ClassVar[Tier] = Tier.DETERMINISTIC
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    parameters: ClassVar[JsonObject]
    needs_expected: ClassVar[bool] = False

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:  # noqa: ARG002 - the schema says it all
        """Return what is wrong beyond the schema."""
        return ()

    @abstractmethod
    def measure(self, parameters: JsonObject) -> Measure:
        """Return the function that measures one completion under these parameters."""

    def bind(self, name: str, parameters: JsonObject) -> Scorer:
        """Return the scorer for checked, complete parameters."""
        return MeasuringScorer(name, self.measure(parameters))


class MeasuringScorer:
    """A scorer that measures its contexts one after the other."""

    def __init__(self, name: str, measure: Measure) -> None:
        """Take the metric's name within its suite and the bound measurement."""
        self.name = name
        self._measure = measure

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Score each context by itself: one that cannot be measured does not spoil the others."""
        return [self._score(context) for context in contexts]

    def _score(self, context: ScoreContext) -> ScoreOutcome:
        try:
            found = self._measure(context)
        except CannotMeasureError as error:
            return ScoreFailure(metric=self.name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - a metric that crashes has not measured; it never scores 0
            return crash(self.name, error)
        return Score(
            metric=self.name,
            value=found.value,
            passed=found.passed,
            reason=found.reason,
            raw=found.raw,
            unit=found.unit,
        )


def crash(metric: str, error: BaseException) -> ScoreFailure:
    """Return the failure that an unexpected exception of a metric becomes."""
    return ScoreFailure(metric=metric, reason=f"the metric crashed: {type(error).__name__}: {str(error)[:200]}")


def passing(reason: str) -> Measurement:
    """Return the measurement of an answer that has what a metric of yes and no asks for."""
    return Measurement(value=1.0, passed=True, reason=reason)


def failing(reason: str) -> Measurement:
    """Return the measurement of an answer that lacks what a metric of yes and no asks for."""
    return Measurement(value=0.0, passed=False, reason=reason)


def verdict(passed: bool, reason: str, *, raw: float | None = None, unit: str = "") -> Measurement:  # noqa: FBT001
    """Return the measurement of a metric of yes and no, with the raw value that decided."""
    return Measurement(1.0 if passed else 0.0, passed, reason, raw, unit)


def cannot_fail(parameter: str, message: str, hint: str) -> ParameterProblem:
    """Return the problem of a parameter under which every answer gets the same verdict."""
    return ParameterProblem(parameter=parameter, message=message, hint=hint, rule=CANNOT_FAIL)
