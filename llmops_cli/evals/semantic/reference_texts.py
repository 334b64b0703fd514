"""The answer against each expected text, the best one counting: what all metrics of likeness share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.expected_answer import has_placeholder
from llmops_cli.evals.measuring.metric_base import CannotMeasureError, Measurement
from llmops_cli.evals.measuring.text_matching import shown
from llmops_cli.evals.measuring.thresholds import threshold_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject

LONGEST = 1_000_000
"""Characters; a longer text is no answer of a language model, and comparing it would hold up the run."""

DIGITS = 6
"""Decimals of a score. Processors differ in the last bits of a sum, and a score is the same on all of them."""

MINIMUM: JsonObject = {
    "description": "The lowest score that passes, above 0 and at most 1. What is good depends on the texts: look at "
    "the scores of a good run first.",
    "type": "number",
}
"""The schema of the `min` parameter."""

MEASURE: JsonObject = {
    "description": "`precision` is the share of the answer that the expected text has, `recall` the share of the "
    "expected text that the answer has, `f1` their harmonic mean.",
    "type": "string",
    "enum": ["f1", "precision", "recall"],
    "default": "f1",
}
"""The schema of the `measure` parameter."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of the answer and of the expected text the other one has, in [0, 1]."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean; 0 where nothing is shared."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together > 0 else 0.0

    def of(self, measure: str) -> float:
        """Return the one of the three that `measure` names."""
        return {"f1": self.f1, "precision": self.precision, "recall": self.recall}[measure]


def check_lengths(texts: Sequence[str], longest: int = LONGEST) -> None:
    """Refuse what would take too long.

    Raises:
        CannotMeasureError: when a text is longer than `longest` characters.
    """
    for text in texts:
        if len(text) > longest:
            message = f"a text of {len(text):,} characters is too long to compare (at most {longest:,})"
            raise CannotMeasureError(message)


def check_reference(text: str) -> str:
    """Return the expected text.

    Raises:
        CannotMeasureError: when there is nothing in it that an answer could be like.
    """
    if not text.strip():
        message = "the expected text is empty, and nothing is like it"
        raise CannotMeasureError(message)
    return text


def bounded(value: float) -> float:
    """Return a score: in [0, 1], whatever rounding did."""
    return round(min(max(value, 0.0), 1.0), DIGITS)


def measured(value: float, minimum: float, what: str, *, raw: float | None = None, unit: str = "") -> Measurement:
    """Return the measurement of a likeness with its reason: the score, and the threshold that it met or missed."""
    score = bounded(value)
    passed = score >= minimum
    side = "at least" if passed else "below"
    reason = f"{what} {score:.3f}, {side} {minimum:g}"
    return Measurement(score, passed, reason, None if raw is None else round(raw, DIGITS), unit)


def likeness_problems(parameters: JsonObject) -> Sequence[ParameterProblem]:
    """Return what is wrong with the threshold and the expected text of a metric of likeness."""
    expected = parameters.get("expected")
    texts = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    empty = [text for text in texts if isinstance(text, str) and not text.strip() and not has_placeholder(text)]
    if empty:
        message = f"expected is {shown(empty[0])}; no answer is like an empty text."
        return (ParameterProblem(parameter="expected", message=message, hint="Give the text of a good answer."),)
    return threshold_problems(parameters)
