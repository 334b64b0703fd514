"""A metric's parameters against its schema, with messages for the person who wrote the suite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.scores import ParameterProblem
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (Mapping,),
}


def parameter_problems(metric: str, schema: JsonObject, parameters: JsonObject) -> Iterator[ParameterProblem]:
    """Yield unknown names, missing ones, and values of the wrong type or range.

    Understands what the schemas of our metrics say: type, enum, minimum, exclusiveMinimum, maximum,
    minLength, minItems, items, anyOf.
    """
    properties = cast("Mapping[str, JsonObject]", schema.get("properties", {}))
    for name, value in parameters.items():
        if name not in properties:
            known = ", ".join(properties) or "none"
            hint = did_you_mean(name, properties) or f"Its parameters: {known}."
            yield ParameterProblem(parameter=name, message=f"{metric} has no parameter '{_shown(name)}'.", hint=hint)
        elif problem := value_problem(properties[name], value):
            yield ParameterProblem(parameter=name, message=f"{name} {problem}.", hint=_about(properties[name]))
    for name in cast("Sequence[str]", schema.get("required", ())):
        if name not in parameters:
            yield ParameterProblem(
                parameter=name, message=f"{metric} needs the parameter '{name}'.", hint=_about(properties[name])
            )


def with_defaults(schema: JsonObject, parameters: JsonObject) -> JsonObject:
    """Return the parameters with every default of the schema filled in."""
    properties = cast("Mapping[str, JsonObject]", schema.get("properties", {}))
    defaults = {name: entry["default"] for name, entry in properties.items() if "default" in entry}
    return {**defaults, **parameters}


def value_problem(schema: JsonObject, value: JsonValue) -> str:
    """Return what is wrong with one value, as the end of a sentence, or an empty string."""
    if "anyOf" in schema:
        options = cast("Sequence[JsonObject]", schema["anyOf"])
        problems = [value_problem(option, value) for option in options]
        fitting = [p for option, p in zip(options, problems, strict=True) if _type_fits(option, value)]
        return "" if "" in problems else (fitting[0] if fitting else " and ".join(problems))
    if not _type_fits(schema, value):
        return f"is {_kind(value)}, not {_with_article(cast('str', schema['type']))}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}, not a finite number"
    return _range_problem(schema, value)


def _range_problem(schema: JsonObject, value: JsonValue) -> str:
    choices = cast("Sequence[JsonValue] | None", schema.get("enum"))
    if choices is not None and value not in choices:
        hint = did_you_mean(str(value), [str(choice) for choice in choices])
        return f"is '{_shown(str(value))}', not one of {', '.join(map(str, choices))}{'. ' + hint[:-1] if hint else ''}"
    if isinstance(value, (int, float)):
        return _number_problem(schema, value)
    if isinstance(value, str) and len(value) < cast("int", schema.get("minLength", 0)):
        return "is empty"
    if isinstance(value, (list, tuple)):
        return _list_problem(schema, value)
    return ""


def _number_problem(schema: JsonObject, value: float) -> str:
    minimum, above, maximum = (
        cast("float | None", schema.get(key)) for key in ("minimum", "exclusiveMinimum", "maximum")
    )
    if minimum is not None and value < minimum:
        return f"is {value:g}; the least is {minimum:g}"
    if above is not None and value <= above:
        return f"is {value:g}; it must be above {above:g}"
    if maximum is not None and value > maximum:
        return f"is {value:g}; the most is {maximum:g}"
    return ""


def _list_problem(schema: JsonObject, value: Sequence[JsonValue]) -> str:
    if len(value) < cast("int", schema.get("minItems", 0)):
        return "is an empty list"
    items = cast("JsonObject | None", schema.get("items"))
    for number, item in enumerate(value if items is not None else (), start=1):
        if problem := value_problem(cast("JsonObject", items), item):
            return f"entry {number} {problem}"
    return ""


def _type_fits(schema: JsonObject, value: JsonValue) -> bool:
    wanted = schema.get("type")
    if not isinstance(wanted, str) or wanted not in _TYPES:
        return True  # no type, or one that only the metric's own check understands
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, _TYPES[wanted])


def _kind(value: JsonValue) -> str:
    if value is None:
        return "empty (null)"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    for name in ("string", "integer", "number", "array", "object"):
        if isinstance(value, _TYPES[name]):
            return _with_article(name)
    return "no JSON value"


def _with_article(name: str) -> str:
    return {"string": "a text", "array": "a list", "object": "a mapping", "integer": "a whole number"}.get(
        name, f"a {name}"
    )


def _about(schema: JsonObject) -> str:
    return str(schema.get("description", ""))


def _shown(text: str) -> str:
    return shortened(safe_text(text, one_line=True), 60)
