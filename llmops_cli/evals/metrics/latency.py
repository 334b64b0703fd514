"""The answer came soon enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, verdict

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class Latency(DeterministicMetric):
    """The answer came within `max_seconds`: the time of the attempt that succeeded.

    A recorded or cached answer brings the time of its first request with it.

    Examples:
        {"max_seconds": 2} on {"latency_seconds": 1.4} passes
        {"max_seconds": 2} on {"latency_seconds": 2.5} fails
    """

    name: ClassVar[str] = "latency"
    summary: ClassVar[str] = "the answer came within so many seconds"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["max_seconds"],
        "properties": {
            "max_seconds": {
                "description": "The longest time that passes, in seconds.",
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 86400,
            },
        },
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        most = cast("float", parameters["max_seconds"])

        def compare(context: ScoreContext) -> Measurement:
            took = context.completion.latency_seconds
            return verdict(took <= most, f"took {took:.3g} s, at most {most:g} s", raw=took, unit="seconds")

        return compare
