"""The answer took few enough tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, verdict

if TYPE_CHECKING:
    from llmops_cli.core.completions import Usage
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class Tokens(DeterministicMetric):
    """The call took at most `max_tokens` tokens, as the provider counted them.

    Examples:
        {"max_tokens": 100} on {"output_tokens": 80} passes
        {"max_tokens": 100} on {"output_tokens": 120} fails
        {"max_tokens": 100, "count": "total"} on {"input_tokens": 60, "output_tokens": 80} fails
    """

    name: ClassVar[str] = "tokens"
    summary: ClassVar[str] = "the call took at most so many tokens"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["max_tokens"],
        "properties": {
            "max_tokens": {
                "description": "The largest number of tokens that passes.",
                "type": "integer",
                "minimum": 1,
                "maximum": 10_000_000,
            },
            "count": {
                "description": "Which tokens are counted.",
                "type": "string",
                "enum": ["output", "input", "total"],
                "default": "output",
            },
        },
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        most = cast("int", parameters["max_tokens"])
        which = cast("str", parameters["count"])

        def compare(context: ScoreContext) -> Measurement:
            took = _counted(context.completion.usage, which)
            return verdict(took <= most, f"{took} {which} tokens, at most {most}", raw=float(took), unit="tokens")

        return compare


def _counted(usage: Usage, which: str) -> int:
    if which == "total":
        return usage.input_tokens + usage.output_tokens
    return usage.input_tokens if which == "input" else usage.output_tokens
