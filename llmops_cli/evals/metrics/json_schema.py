"""The answer is JSON that fits a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    cannot_fail,
    failing,
    verdict,
)
from llmops_cli.evals.measuring.strict_json import FENCED, NotJsonError, parse_strict_json
from llmops_cli.registry.contracts.safe_schema import SafeSchema, SchemaCostError, schema_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class JsonSchema(DeterministicMetric):
    r"""The answer is JSON and fits a JSON Schema (draft 2020-12).

    Patterns are RE2's, references stay inside the schema, `format` is a comment (as the draft has it),
    and a schema that takes too many steps is a failure to measure.

    Examples:
        {"schema": {"type": "object", "required": ["total"]}} on "{\"total\": 9}" passes
        {"schema": {"type": "object", "required": ["total"]}} on "{}" fails
        {"schema": {"type": "array", "items": {"type": "integer"}}} on "[1, 2.5]" fails
        {"schema": {"type": "object"}} on "no JSON at all" fails
    """

    name: ClassVar[str] = "json_schema"
    summary: ClassVar[str] = "the answer is JSON that fits a JSON Schema"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["schema"],
        "properties": {
            "schema": {"description": "The schema, JSON Schema draft 2020-12.", "type": "object"},
            "fenced": FENCED,
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The schema is one, is safe to run, and refuses something."""
        schema = cast("Mapping[str, object]", parameters["schema"])
        if problem := schema_problem(schema):
            return (ParameterProblem(parameter="schema", message=f"schema: {problem}."),)
        if not schema:
            message = "schema: the empty schema accepts every value, so the metric says no more than json_valid."
            return (cannot_fail("schema", message, "Name the type and the required properties."),)
        return ()

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the check."""
        schema = SafeSchema(cast("Mapping[str, object]", parameters["schema"]))
        fenced = bool(parameters["fenced"])

        def validate(context: ScoreContext) -> Measurement:
            try:
                value = parse_strict_json(context.completion.text, fenced=fenced)
            except NotJsonError as error:
                return failing(f"not JSON: {error}")
            try:
                problem = schema.first_problem(value)
            except SchemaCostError as error:
                raise CannotMeasureError(str(error)) from None
            return verdict(not problem, problem or "fits the schema")

        return validate
