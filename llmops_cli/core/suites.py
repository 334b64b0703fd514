"""What is measured: cases, metrics, and the limits and rules of a suite."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.core.canonical_json import canonical_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.json_value import JsonObject, JsonValue

Expected: TypeAlias = "str | tuple[str, ...] | JsonObject | None"
"""The ideal answer: one text, several accepted texts, an object to compare field by field, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """A metric with all its parameters, as a suite or case asks for it.

    `name` is unique within a suite (`regex`, `regex-2`, or the author's own `name:`); `parameters`
    are those the author wrote, without `metric`, `name`, `not`, `required`, `weight`. `expected` may be
    the text `{{ expected }}` or a template over the case's variables; it is filled in per case.
    """

    metric: str
    name: str
    parameters: JsonObject = field(default_factory=dict)
    negated: bool = False
    required: bool = False
    weight: float = 1.0

    def as_json(self) -> JsonObject:
        """Return the specification for digests and reports."""
        return {
            "metric": self.metric,
            "name": self.name,
            "not": self.negated,
            "parameters": self.parameters,
            "required": self.required,
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input with its expected answer. `line` is where it stands in its dataset file, from 1."""

    id: str
    variables: JsonObject
    expected: Expected = None
    tags: tuple[str, ...] = ()
    critical: bool = False
    metrics: tuple[MetricSpec, ...] = ()
    weight: float = 1.0
    source: str = ""
    cluster: str = ""
    path: str = ""
    line: int = 1

    def as_json(self) -> JsonObject:
        """Return what decides how the case is answered and scored; place and source do not."""
        expected: JsonValue = list(self.expected) if isinstance(self.expected, tuple) else self.expected
        return {
            "cluster": self.cluster,
            "critical": self.critical,
            "expected": expected,
            "id": self.id,
            "metrics": [metric.as_json() for metric in self.metrics],
            "tags": list(self.tags),
            "variables": self.variables,
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """When a change counts as a regression; the meaning of each number is in the gate's guide.

    Fractions of the score scale [0, 1]; `looks` are the candidate trials per case at which the gate
    decides. `on_inconclusive`, `hard_breaks`, `weak_suite` and `own_recordings` are `warn` or `block`.
    """

    margin: float = 0.05
    alpha: float = 0.05
    looks: tuple[int, ...] = (1, 2, 3, 5)
    resolution: float = 0.15
    on_inconclusive: str = "warn"
    hard_breaks: str = "block"
    min_cases: int = 20
    weak_suite: str = "warn"
    own_recordings: str = "block"

    def as_json(self) -> JsonObject:
        """Return the policy with the field names of the suite file."""
        return {
            "alpha": self.alpha,
            "hard_breaks": self.hard_breaks,
            "looks": list(self.looks),
            "margin": self.margin,
            "min_cases": self.min_cases,
            "on_inconclusive": self.on_inconclusive,
            "own_recordings": self.own_recordings,
            "resolution": self.resolution,
            "weak_suite": self.weak_suite,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The cases and metrics of one prompt. `repeats` None means: 1 at temperature 0, else 3.

    `rubrics` has the digest of each rubric by the path that a metric gives, `judges` the digest of who judges by
    the metric's name: like the metrics themselves they decide what a score means.
    """

    prompt_id: str
    path: str
    cases: tuple[Case, ...]
    metrics: tuple[MetricSpec, ...]
    repeats: int | None = None
    gate: GatePolicy = GatePolicy()
    max_cost_usd: float | None = None
    datasets: tuple[str, ...] = ()
    rubrics: Mapping[str, str] = field(default_factory=dict[str, str])
    judges: Mapping[str, str] = field(default_factory=dict[str, str])

    def metrics_of(self, case: Case) -> tuple[MetricSpec, ...]:
        """Return the suite's metrics and then the case's own."""
        return self.metrics + case.metrics

    def metrics_digest(self) -> str:
        """Return the digest of the suite's metric specifications."""
        return digest_of([metric.as_json() for metric in self.metrics])

    def dataset_digest(self) -> str:
        """Return the digest of all cases, in order."""
        return digest_of_cases(self.cases)


def digest_of_cases(cases: Iterable[Case]) -> str:
    """Return the digest of the list of these cases.

    The canonical JSON of that list is digested case by case: written whole it takes more memory than the cases.
    """
    digest = hashlib.sha256(b"[")
    for number, case in enumerate(cases):
        digest.update(b"," if number else b"")
        digest.update(canonical_json(case.as_json()))
    digest.update(b"]")
    return f"sha256:{digest.hexdigest()}"
