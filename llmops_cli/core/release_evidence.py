"""What a release shows that it was measured, and with which result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from llmops_cli.core.release_fields import DIGEST, LONGEST_NAME, MOMENT
from llmops_cli.core.strict_document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.strict_document import Fields

PUBLISHABLE_VERDICTS = frozenset({"pass", "accepted"})
"""`accepted`: nothing to compare with (a first baseline, a new suite), or too few cases to tell where the policy
only warns; a person accepted the measurement in review, and no critical case fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEvidence:
    """The mean of one metric over `cases` cases with its 95% interval, all in [0, 1]."""

    mean: float
    low: float
    high: float
    cases: int

    def as_json(self) -> JsonObject:
        """Return the figures as a release holds them."""
        return {"cases": self.cases, "high": self.high, "low": self.low, "mean": self.mean}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read the figures.

        Raises:
            DocumentError: when a field is missing, unknown or out of [0, 1].
        """
        figures = cls(
            mean=fields.number("mean"),
            low=fields.number("low"),
            high=fields.number("high"),
            cases=fields.integer("cases"),
        )
        fields.done()
        if not 0 <= figures.low <= figures.mean <= figures.high <= 1:
            message = f"{fields.place('mean')} and its interval are not in order within [0, 1]"
            raise DocumentError(message)
        return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalEvidence:
    """What was measured of exactly this content.

    `baseline` is the digest of the committed baseline, `verdict` one of `PUBLISHABLE_VERDICTS`, `at`, `by` and
    `why` are those of its acceptance.
    """

    suite_digest: str
    baseline: str
    verdict: str
    score: float | None
    cases: int
    model_asked: str
    models_served: tuple[str, ...]
    metrics: Mapping[str, MetricEvidence]
    at: str
    by: str
    why: str = ""

    def as_json(self) -> JsonObject:
        """Return the evidence as a release holds it."""
        return {
            "at": self.at,
            "baseline": self.baseline,
            "by": self.by,
            "cases": self.cases,
            "metrics": {name: metric.as_json() for name, metric in self.metrics.items()},
            "model_asked": self.model_asked,
            "models_served": list(self.models_served),
            "score": self.score,
            "suite_digest": self.suite_digest,
            "verdict": self.verdict,
            "why": self.why,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read the evidence.

        Raises:
            DocumentError: when a field is missing, unknown or malformed.
        """
        evidence = cls(
            suite_digest=fields.text("suite_digest", pattern=DIGEST),
            baseline=fields.text("baseline", pattern=DIGEST),
            verdict=fields.text("verdict", least=1, most=40),
            score=fields.optional_number("score"),
            cases=fields.integer("cases"),
            model_asked=fields.text("model_asked", most=300),
            models_served=fields.texts("models_served"),
            metrics={name: MetricEvidence.from_fields(entry) for name, entry in fields.named("metrics")},
            at=fields.text("at", pattern=MOMENT),
            by=fields.text("by", most=LONGEST_NAME),
            why=fields.optional_text("why"),
        )
        fields.done()
        return evidence
