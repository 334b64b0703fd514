"""The answer is the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, failing, passing
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, WHITESPACE, folded, shown, shown_texts

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class Equals(DeterministicMetric):
    r"""The answer is the expected text, or one of several accepted texts.

    Examples:
        {} on "Paris" expecting "Paris" passes
        {} on " Paris\n" expecting "Paris" passes
        {} on "paris" expecting "Paris" fails
        {"ignore_case": true} on "PARIS" expecting ["Paris", "Paris, France"] passes
        {"expected": "{{ expected }}!"} on "Rome!" expecting "Rome" passes
        {"whitespace": "exact"} on "Paris\n" expecting "Paris" fails
    """

    name: ClassVar[str] = "equals"
    summary: ClassVar[str] = "the answer is the expected text, or one of several"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {"expected": EXPECTED_TEXTS, "ignore_case": IGNORE_CASE, "whitespace": WHITESPACE},
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        ignore_case = bool(parameters["ignore_case"])
        whitespace = cast("str", parameters["whitespace"])

        def compare(context: ScoreContext) -> Measurement:
            texts = texts_of(context.case)
            got = folded(context.completion.text, ignore_case=ignore_case, whitespace=whitespace)
            if any(got == folded(text, ignore_case=ignore_case, whitespace=whitespace) for text in texts):
                return passing("equals the expected text")
            return failing(f"expected {shown_texts(texts)}, got {shown(context.completion.text)}")

        return compare
