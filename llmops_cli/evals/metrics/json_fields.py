"""The answer is a JSON object with the expected fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.expected_answer import expected_value
from llmops_cli.evals.measuring.json_equality import JsonEquality
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    cannot_fail,
)
from llmops_cli.evals.measuring.strict_json import FENCED, NotJsonError, parse_strict_json
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, shown, shown_texts
from llmops_cli.evals.measuring.thresholds import threshold_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.scores import ParameterProblem, ScoreContext


class JsonFields(DeterministicMetric):
    r"""The answer is a JSON object whose fields are the expected ones; the score is the share that match.

    Fields of the answer that are not expected are ignored, unless `allow_extra` is false: then each of
    them counts as a field that does not match.

    Examples:
        {} on "{\"city\": \"Rome\", \"day\": 3}" expecting {"city": "Rome", "day": 3} passes
        {} on "{\"city\": \"Rome\"}" expecting {"city": "Rome", "day": 3} scores 0.5
        {"min": 0.5} on "{\"city\": \"Rome\"}" expecting {"city": "Rome", "day": 3} passes
        {"tolerance": 0.01} on "{\"total\": 9.995}" expecting {"total": 10} passes
        {"ignore_order": true} on "{\"tags\": [\"b\", \"a\"]}" expecting {"tags": ["a", "b"]} passes
        {"allow_extra": false} on "{\"a\": 1, \"b\": 2}" expecting {"a": 1} fails
        {} on "a = 1" expecting {"a": 1} fails
    """

    name: ClassVar[str] = "json_fields"
    summary: ClassVar[str] = "the fields of the answer's JSON object are the expected ones"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "expected": {
                "description": "The fields with their values. Default: the case's expected object. `{{ expected }}` "
                "and the names of the case's variables in double braces are filled in from the case.",
                "anyOf": [{"type": "object"}, {"type": "string"}],
            },
            "min": {"description": "The lowest share of matching fields that passes.", "type": "number", "default": 1},
            "tolerance": {
                "description": "How far apart two numbers may be and still match.",
                "type": "number",
                "minimum": 0,
                "default": 0,
            },
            "ignore_order": {
                "description": "Whether lists match in any order.",
                "type": "boolean",
                "default": False,
            },
            "ignore_case": IGNORE_CASE,
            "allow_extra": {
                "description": "Whether the answer may have other fields.",
                "type": "boolean",
                "default": True,
            },
            "fenced": FENCED,
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The threshold is one, and there is a field to compare."""
        if parameters.get("expected") == {}:
            message = "expected names no field, so the metric cannot fail."
            return (cannot_fail("expected", message, "Name the fields that a good answer has."),)
        return threshold_problems(parameters)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        expected_of = expected_value(parameters)
        minimum = cast("float", parameters["min"])
        fenced = bool(parameters["fenced"])
        allow_extra = bool(parameters["allow_extra"])
        equality = JsonEquality(
            tolerance=cast("float", parameters["tolerance"]),
            ignore_order=bool(parameters["ignore_order"]),
            ignore_case=bool(parameters["ignore_case"]),
        )

        def compare(context: ScoreContext) -> Measurement:
            expected = _object(expected_of(context.case))
            try:
                got = parse_strict_json(context.completion.text, fenced=fenced)
            except NotJsonError as error:
                return Measurement(0.0, False, f"not JSON: {error}", 0.0, "fields")  # noqa: FBT003
            if not isinstance(got, Mapping):
                return Measurement(0.0, False, "JSON, but not an object", 0.0, "fields")  # noqa: FBT003
            wrong = [name for name in expected if name not in got or not equality.same(expected[name], got[name])]
            extra = [] if allow_extra else [name for name in got if name not in expected]
            matching = len(expected) - len(wrong)
            share = matching / (len(expected) + len(extra))
            return Measurement(share, share >= minimum, _reason(expected, got, wrong, extra), float(matching), "fields")

        return compare


def _object(expected: JsonValue) -> Mapping[str, JsonValue]:
    if isinstance(expected, str):
        try:
            expected = parse_strict_json(expected)
        except NotJsonError as error:
            message = f"the expected answer is not a JSON object: {error}"
            raise CannotMeasureError(message) from None
    if not isinstance(expected, Mapping) or not expected:
        message = "the expected answer is not an object with at least one field"
        raise CannotMeasureError(message)
    return expected


def _reason(expected: JsonObject, got: JsonObject, wrong: list[str], extra: list[str]) -> str:
    parts = [f"{len(expected) - len(wrong)} of {len(expected)} fields match"]
    for name in wrong[:3]:
        value = shown(str(got[name]), 40) if name in got else "nothing"
        parts.append(f"{shown(name, 40)}: expected {shown(str(expected[name]), 40)}, got {value}")
    if extra:
        parts.append(f"not asked for: {shown_texts(extra)}")
    return "; ".join(parts)
