"""The answer is JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, failing, passing
from llmops_cli.evals.measuring.strict_json import FENCED, NotJsonError, parse_strict_json

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

_TYPES = {"object": dict, "array": list}


class JsonValid(DeterministicMetric):
    r"""The whole answer is one JSON value, read strictly: no NaN, no duplicate keys, nothing around it.

    Examples:
        {} on "{\"total\": 9}" passes
        {} on "{\"total\": NaN}" fails
        {} on "{\"a\": 1, \"a\": 2}" fails
        {} on "```json\n{}\n```" fails
        {"fenced": true} on "```json\n{}\n```" passes
        {"type": "object"} on "[1, 2]" fails
    """

    name: ClassVar[str] = "json_valid"
    summary: ClassVar[str] = "the answer is one JSON value, read strictly"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "fenced": FENCED,
            "type": {
                "description": "What the value must be: an object, an array, or any value.",
                "type": "string",
                "enum": ["any", "object", "array"],
                "default": "any",
            },
        },
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the check."""
        fenced = bool(parameters["fenced"])
        wanted = cast("str", parameters["type"])

        def read(context: ScoreContext) -> Measurement:
            try:
                value = parse_strict_json(context.completion.text, fenced=fenced)
            except NotJsonError as error:
                return failing(f"not JSON: {error}")
            if wanted != "any" and not isinstance(value, _TYPES[wanted]):
                return failing(f"JSON, but not an {wanted}")
            return passing("is JSON")

        return read
