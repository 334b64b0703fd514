"""The answer has at least so many characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.length_limits import limit_problems, limit_schema
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext


class MinChars(DeterministicMetric):
    """The answer has at least `limit` characters.

    White space at both ends is not counted; a character is a Unicode code point.

    Examples:
        {"limit": 2} on "ok" passes
        {"limit": 1} on "   " fails
    """

    name: ClassVar[str] = "min_chars"
    summary: ClassVar[str] = "the answer has at least so many characters"
    parameters: ClassVar[JsonObject] = limit_schema("The smallest number of characters that passes.")

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The limit can be missed."""
        return limit_problems(parameters, "characters")

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the count."""
        limit = cast("int", parameters["limit"])

        def count(context: ScoreContext) -> Measurement:
            found = len(context.completion.text.strip())
            return verdict(found >= limit, f"{found} characters, at least {limit}", raw=float(found), unit="characters")

        return count
