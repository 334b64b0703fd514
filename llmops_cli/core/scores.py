"""What a metric says of one completion. A failure to measure is not a measurement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from llmops_cli.core.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.completions import Completion
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.suites import Case, MetricSpec


class Tier(StrEnum):
    """The layers of evaluation, cheapest first; the order is the order in which they run."""

    DETERMINISTIC = "deterministic"
    SEMANTIC = "semantic"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measurement: `value` in [0, 1], higher is better, and whether it meets the metric's threshold.

    `metric` is the name of the metric within its suite. `raw` is the value in its own `unit`
    (`seconds`, `usd`, `tokens`, `words`, …) where the score is not the raw value itself. `details` is what
    the metric wants kept in the journal beside it: who judged, with how many votes, for how much.
    """

    metric: str
    value: float
    passed: bool
    reason: str
    raw: float | None = None
    unit: str = ""
    details: JsonObject = field(default_factory=dict[str, "JsonValue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFailure:
    """The metric could not measure: it crashed, or its judge could not be read. Never a 0.

    `details` as in `Score`: what could not be read has cost something too.
    """

    metric: str
    reason: str
    details: JsonObject = field(default_factory=dict[str, "JsonValue"])


ScoreOutcome: TypeAlias = "Score | ScoreFailure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreContext:
    """All that a scorer may look at. `completion.text` is untrusted."""

    case: Case
    completion: Completion
    prompt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterProblem:
    """What is wrong with one parameter of a metric, found before any model call."""

    parameter: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    rule: str = "metric-parameter"


class Scorer(Protocol):
    """A metric bound to its parameters."""

    name: str

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Score a batch, one outcome per context, in order; never raises for what a model wrote."""
        ...


class Metric(Protocol):
    """A metric's definition: one file, one class, everything about it inside.

    `version` rises whenever the same input can score differently; it enters the digest that decides
    whether two runs are comparable. `parameters` is the JSON Schema of the parameters.
    """

    name: ClassVar[str]
    tier: ClassVar[Tier]
    version: ClassVar[int]
    summary: ClassVar[str]
    parameters: ClassVar[JsonObject]

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """Return what is wrong beyond the schema: a pattern that does not compile, a metric that cannot fail."""
        ...


class MetricTable(Protocol):
    """The metrics that exist, as far as the registry needs to know them to check a suite."""

    def names(self) -> Sequence[str]:
        """Return every metric's name."""
        ...

    def check(self, spec: MetricSpec) -> Sequence[ParameterProblem]:
        """Return what is wrong with the specification, an unknown name included."""
        ...

    def required_expected(self, spec: MetricSpec) -> bool:
        """Return whether the metric can only score cases that have an expected answer."""
        ...
