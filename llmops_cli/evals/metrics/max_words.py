"""The answer has at most so many words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.length_limits import limit_problems, limit_schema
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext


class MaxWords(DeterministicMetric):
    """The answer has at most `limit` words. A word is what stands between white space.

    Examples:
        {"limit": 3} on "one two three" passes
        {"limit": 3} on "one two three four" fails
    """

    name: ClassVar[str] = "max_words"
    summary: ClassVar[str] = "the answer has at most so many words"
    parameters: ClassVar[JsonObject] = limit_schema("The largest number of words that passes.")

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The limit can be missed."""
        return limit_problems(parameters, "words")

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the count."""
        limit = cast("int", parameters["limit"])

        def count(context: ScoreContext) -> Measurement:
            found = len(context.completion.text.split())
            return verdict(found <= limit, f"{found} words, at most {limit}", raw=float(found), unit="words")

        return count
