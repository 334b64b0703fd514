"""The answer was cheap enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    verdict,
)

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class Cost(DeterministicMetric):
    """The answer cost at most `max_usd`; where the price is unknown nothing is measured.

    Examples:
        {"max_usd": 0.002} on {"cost_usd": 0.0011} passes
        {"max_usd": 0.002} on {"cost_usd": 0.004} fails
    """

    name: ClassVar[str] = "cost"
    summary: ClassVar[str] = "the answer cost at most so many dollars"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["max_usd"],
        "properties": {
            "max_usd": {
                "description": "The highest cost of one call that passes, in US dollars.",
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1000,
            },
        },
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        most = cast("float", parameters["max_usd"])

        def compare(context: ScoreContext) -> Measurement:
            cost = context.completion.cost_usd
            if cost is None:
                message = "the price of the model is unknown"
                raise CannotMeasureError(message)
            return verdict(cost <= most, f"cost ${cost:.6f}, at most ${most:g}", raw=cost, unit="usd")

        return compare
