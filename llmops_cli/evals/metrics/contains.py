"""The answer contains the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, failing, passing
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, empty_expected_problems, found_texts, shown_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext
    from llmops_cli.evals.measuring.metric_base import Measurement


class Contains(DeterministicMetric):
    """The answer contains the expected text; of several accepted texts, one is enough.

    Examples:
        {"expected": "refund"} on "Your refund is on its way." passes
        {"expected": "Refund"} on "Your refund is on its way." fails
        {"expected": "Refund", "ignore_case": true} on "Your refund is on its way." passes
        {} on "The capital is Paris." expecting "Paris" passes
    """

    name: ClassVar[str] = "contains"
    summary: ClassVar[str] = "the answer contains the expected text"
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
            if found:
                return passing(f"contains {shown_texts(found)}")
            return failing(f"does not contain {shown_texts(missing)}")

        return search
