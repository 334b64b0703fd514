"""The expected answer of a case, as a metric's `expected` parameter asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.evals.measuring.metric_base import CannotMeasureError

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.suites import Case, Expected

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")

ExpectedTexts: TypeAlias = "Callable[[Case], tuple[str, ...]]"
ExpectedValue: TypeAlias = "Callable[[Case], JsonValue]"

EXPECTED_TEXTS: JsonObject = {
    "description": "The text, or a list of texts. Default: the case's expected answer. `{{ expected }}` and the "
    "names of the case's variables in double braces are filled in from the case.",
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    ],
}
"""The schema of the `expected` parameter of every metric that compares with texts."""


def mentions_expected(value: JsonValue) -> bool:
    """Return whether a parameter's value has the placeholder `{{ expected }}` anywhere in it."""
    if isinstance(value, str):
        return any(match.group(1) == "expected" for match in _PLACEHOLDER.finditer(value))
    if isinstance(value, Mapping):
        return any(mentions_expected(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(mentions_expected(item) for item in value)


def has_placeholder(value: JsonValue) -> bool:
    """Return whether a parameter's value depends on the case."""
    if isinstance(value, str):
        return _PLACEHOLDER.search(value) is not None
    if isinstance(value, Mapping):
        return any(has_placeholder(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(has_placeholder(item) for item in value)


def expected_texts(parameters: JsonObject) -> ExpectedTexts:
    """Return the way from a case to the accepted texts, at least one.

    Raises, when called: CannotMeasureError where the case has no expected text.
    """
    value_of = expected_value(parameters)
    if "expected" in parameters and not has_placeholder(parameters["expected"]):
        fixed = _as_texts(parameters["expected"])
        return lambda _case: fixed
    return lambda case: _as_texts(value_of(case))


def expected_value(parameters: JsonObject) -> ExpectedValue:
    """Return the way from a case to the expected value: the parameter's, filled in, or the case's own."""
    if "expected" not in parameters:
        return lambda case: _plain(_of_case(case))
    given = parameters["expected"]
    if not has_placeholder(given):
        return lambda _case: given
    return lambda case: _fill(given, case)


def _fill(value: JsonValue, case: Case) -> JsonValue:
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value.strip())
        if whole:
            return _lookup(whole.group(1), case)
        # one pass: what a case brings in is never searched for placeholders again
        return _PLACEHOLDER.sub(lambda match: _as_text(_lookup(match.group(1), case)), value)
    if isinstance(value, Mapping):
        return {key: _fill(item, case) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fill(item, case) for item in value]
    return value


def _lookup(name: str, case: Case) -> JsonValue:
    if name == "expected" and (case.expected is not None or name not in case.variables):
        return _plain(_of_case(case))
    if name not in case.variables:
        message = f"the expected answer names '{name}', which is no variable of the case"
        raise CannotMeasureError(message)
    return case.variables[name]


def _of_case(case: Case) -> Expected:
    if case.expected is None:
        message = "the case has no expected answer"
        raise CannotMeasureError(message)
    return case.expected


def _plain(expected: Expected) -> JsonValue:
    return list(expected) if isinstance(expected, tuple) else expected


def _as_texts(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        message = "the expected answer is an object; json_fields compares objects field by field"
        raise CannotMeasureError(message)
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not items:
        message = "the expected answer is an empty list"
        raise CannotMeasureError(message)
    return tuple(_as_text(item) for item in items)


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
