"""The model calls the expected tool with the expected arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.expected_answer import expected_value
from llmops_cli.evals.measuring.json_equality import JsonEquality
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    failing,
    verdict,
)
from llmops_cli.evals.measuring.strict_json import NotJsonError, parse_strict_json
from llmops_cli.evals.measuring.text_matching import shown, shown_texts
from llmops_cli.registry.contracts.safe_schema import SafeSchema, SchemaCostError, schema_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmops_cli.core.completions import ToolCall as Call
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.scores import ScoreContext
    from llmops_cli.core.suites import Case


class ToolCall(DeterministicMetric):
    r"""The model calls the tool, with arguments that equal the expected ones or fit a schema.

    One fitting call is enough, whatever else is called; `only` allows no other call. Arguments are
    read as strict JSON.

    Examples:
        {"tool": "refund"} on {"tool_calls": [["refund", "{}"]]} passes
        {"tool": "refund"} on {"tool_calls": [["close", "{}"]]} fails
        {"tool": "refund", "arguments": {"id": 7}} on {"tool_calls": [["refund", "{\"id\": 7}"]]} passes
        {"tool": "refund", "arguments": {"id": 7}} on {"tool_calls": [["refund", "{\"id\": 8}"]]} fails
        {"tool": "refund", "schema": {"required": ["id"]}} on {"tool_calls": [["refund", "{}"]]} fails
        {"tool": "refund", "only": true} on {"tool_calls": [["refund", "{}"], ["close", "{}"]]} fails
    """

    name: ClassVar[str] = "tool_call"
    summary: ClassVar[str] = "the model calls the expected tool with the expected arguments"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["tool"],
        "properties": {
            "tool": {"description": "The name of the tool.", "type": "string", "minLength": 1},
            "arguments": {
                "description": "The arguments, all of them; `{{ expected }}` and variables are filled in.",
                "anyOf": [{"type": "object"}, {"type": "string"}],
            },
            "schema": {"description": "A JSON Schema that the arguments fit.", "type": "object"},
            "only": {
                "description": "Whether there must be exactly one call.",
                "type": "boolean",
                "default": False,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """Arguments or a schema, not both; the schema is safe."""
        if "arguments" in parameters and "schema" in parameters:
            return (ParameterProblem(parameter="schema", message="give arguments or schema, not both."),)
        problem = schema_problem(cast("Mapping[str, object]", parameters.get("schema", {})))
        return (ParameterProblem(parameter="schema", message=f"schema: {problem}."),) if problem else ()

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the check."""
        tool = cast("str", parameters["tool"])
        only = bool(parameters["only"])
        problem_of = _argument_check(parameters)

        def look(context: ScoreContext) -> Measurement:
            calls = context.completion.tool_calls
            if only and len(calls) > 1:
                return failing(f"{len(calls)} calls, expected one")
            fitting = [call for call in calls if call.name == tool]
            if not fitting:
                called = shown_texts([call.name for call in calls]) if calls else "nothing"
                return failing(f"called {called}, expected {shown(tool)}")
            problems = [problem_of(call, context.case) for call in fitting]
            passed = "" in problems
            return verdict(passed, f"called {shown(tool)}" if passed else problems[0])

        return look


def _argument_check(parameters: JsonObject) -> Callable[[Call, Case], str]:
    if "schema" in parameters:
        schema = SafeSchema(cast("Mapping[str, object]", parameters["schema"]))
        return lambda call, _case: _judged(call, lambda value: _against(schema, value))
    if "arguments" in parameters:
        expected_of = expected_value({"expected": parameters["arguments"]})
        return lambda call, case: _judged(call, lambda value: _difference(expected_of(case), value))
    return lambda _call, _case: ""


def _judged(call: Call, judge: Callable[[JsonValue], str]) -> str:
    try:
        return judge(parse_strict_json(call.arguments or "{}"))
    except NotJsonError as error:
        return f"the arguments are not JSON: {error}"


def _against(schema: SafeSchema, value: JsonValue) -> str:
    try:
        return schema.first_problem(value)
    except SchemaCostError as error:
        raise CannotMeasureError(str(error)) from None


def _difference(expected: JsonValue, got: JsonValue) -> str:
    if not isinstance(expected, Mapping):
        message = "the expected arguments are not an object"
        raise CannotMeasureError(message)
    if JsonEquality().same(expected, got):
        return ""
    return f"expected the arguments {shown(str(dict(expected)))}, got {shown(str(got))}"
