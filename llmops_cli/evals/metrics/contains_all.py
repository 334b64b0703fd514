"""The answer contains every expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, empty_expected_problems, found_texts, shown_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext


class ContainsAll(DeterministicMetric):
    """The answer contains every expected text; the score is the share of them that it contains.

    Examples:
        {"expected": ["name", "order"]} on "Tell us your name and order number." passes
        {"expected": ["name", "order"]} on "Tell us your name." fails
        {"expected": ["name", "order"]} on "Tell us your name." scores 0.5
    """

    name: ClassVar[str] = "contains_all"
    summary: ClassVar[str] = "the answer contains every one of several texts"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {"expected": EXPECTED_TEXTS, "ignore_case": IGNORE_CASE},
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """An empty text is in every answer."""
        return empty_expected_problems(parameters, self.name)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the search."""
        find = found_texts(parameters)

        def search(context: ScoreContext) -> Measurement:
            found, missing = find(context)
            count = len(found) + len(missing)
            reason = f"does not contain {shown_texts(missing)}" if missing else f"contains all {count}"
            return Measurement(len(found) / count, not missing, reason, float(len(found)), "texts")

        return search
