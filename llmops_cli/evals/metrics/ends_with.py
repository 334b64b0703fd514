"""The answer ends with the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    failing,
    passing,
)
from llmops_cli.evals.measuring.text_matching import (
    IGNORE_CASE,
    WHITESPACE,
    empty_expected_problems,
    folded,
    shown,
    shown_texts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext


class EndsWith(DeterministicMetric):
    r"""The answer ends with the expected text, or with one of several.

    Examples:
        {"expected": "Kind regards"} on "Thank you. Kind regards\n" passes
        {"expected": ["?", "."]} on "Done!" fails
        {"expected": "DONE", "ignore_case": true} on "All done" passes
    """

    name: ClassVar[str] = "ends_with"
    summary: ClassVar[str] = "the answer ends with the expected text"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {"expected": EXPECTED_TEXTS, "ignore_case": IGNORE_CASE, "whitespace": WHITESPACE},
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """Every answer ends with an empty text."""
        return empty_expected_problems(parameters, self.name)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        ignore_case = bool(parameters["ignore_case"])
        whitespace = cast("str", parameters["whitespace"])

        def compare(context: ScoreContext) -> Measurement:
            texts = texts_of(context.case)
            wanted = tuple(folded(text, ignore_case=ignore_case, whitespace=whitespace) for text in texts)
            if "" in wanted:
                message = "the expected text is empty, and every answer ends with that"
                raise CannotMeasureError(message)
            got = folded(context.completion.text, ignore_case=ignore_case, whitespace=whitespace)
            if got.endswith(wanted):
                return passing("ends with the expected text")
            text = context.completion.text.strip()
            return failing(f"expected to end with {shown_texts(texts)}, got {shown(text[-80:])}")

        return compare
