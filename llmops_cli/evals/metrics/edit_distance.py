"""The answer is close to the expected text, letter by letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import CannotMeasureError, DeterministicMetric, Measure, Measurement
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, WHITESPACE, folded
from llmops_cli.evals.measuring.thresholds import threshold_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

CELL_LIMIT = 10**11
"""Length times length beyond which a comparison takes more than about a second."""


class EditDistance(DeterministicMetric):
    """The answer is close to the expected text: Levenshtein distance over characters.

    The score is 1 − edits / length of the longer text; of several accepted texts the closest counts.
    The raw value is the number of edits. Give `min` (of the score), `max_edits`, or both.

    Examples:
        {"max_edits": 3} on "sitting" expecting "kitten" passes
        {"max_edits": 2} on "sitting" expecting "kitten" fails
        {"min": 0.8} on "color" expecting "colour" passes
        {"min": 0.8} on "Saturday" expecting "Sunday" scores 0.625
    """

    name: ClassVar[str] = "edit_distance"
    summary: ClassVar[str] = "the answer is the expected text up to a few edits (Levenshtein)"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": {"description": "The lowest score (1 − edits / longer length) that passes.", "type": "number"},
            "max_edits": {
                "description": "The most insertions, deletions and substitutions that pass.",
                "type": "integer",
                "minimum": 0,
            },
            "ignore_case": IGNORE_CASE,
            "whitespace": WHITESPACE,
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """There is a threshold, and it can be missed."""
        if "min" not in parameters and "max_edits" not in parameters:
            hint = "Without one, every answer would pass."
            return (ParameterProblem(parameter="min", message="edit_distance needs min or max_edits.", hint=hint),)
        return threshold_problems(parameters)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        ignore_case = bool(parameters["ignore_case"])
        whitespace = cast("str", parameters["whitespace"])
        minimum = cast("float | None", parameters.get("min"))
        most = cast("int | None", parameters.get("max_edits"))

        def compare(context: ScoreContext) -> Measurement:
            got = folded(context.completion.text, ignore_case=ignore_case, whitespace=whitespace)
            options = [folded(t, ignore_case=ignore_case, whitespace=whitespace) for t in texts_of(context.case)]
            score, edits = max(_similarity(option, got) for option in options)
            passed = (minimum is None or score >= minimum) and (most is None or -edits <= most)
            return Measurement(score, passed, f"{-edits} edits from the expected text", float(-edits), "edits")

        return compare


def _similarity(expected: str, got: str) -> tuple[float, int]:
    """Return the score and the negated number of edits, so that the larger pair is the better one."""
    from rapidfuzz.distance import Levenshtein

    if len(expected) * len(got) > CELL_LIMIT:
        message = f"the texts are too long to compare ({len(expected):,} and {len(got):,} characters)"
        raise CannotMeasureError(message)
    edits = Levenshtein.distance(expected, got)
    longer = max(len(expected), len(got))
    return (1.0 - edits / longer if longer else 1.0), -edits
