"""Does a JSON value suit a declared variable? One answer for defaults, cases and calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.prompts import VariableType
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.prompts import Variable

_SHOWN_CHARACTERS = 40


def value_problem(variable: Variable, value: JsonValue) -> str | None:
    """Return what is wrong, as the rest of a sentence about the variable, or None."""
    if not has_type(value, variable.type):
        return f"has to be of type {variable.type.value}, and is {shown(value)} ({type_name(value)})."
    if variable.enum and not any(same(value, allowed) for allowed in variable.enum):
        return f"has to be one of {', '.join(shown(item) for item in variable.enum)}, and is {shown(value)}."
    return None


def has_type(value: object, wanted: VariableType) -> bool:
    """Tell whether a value is of a JSON type; true is no number, and 2.0 is an integer as in JSON Schema."""
    match wanted:
        case VariableType.STRING:
            return isinstance(value, str)
        case VariableType.BOOLEAN:
            return isinstance(value, bool)
        case VariableType.INTEGER:
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case VariableType.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case VariableType.ARRAY:
            return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))
        case VariableType.OBJECT:
            return isinstance(value, Mapping)


def type_name(value: JsonValue) -> str:
    """Return the JSON name of a value's type."""
    if value is None:
        return "null"
    return next((kind.value for kind in VariableType if has_type(value, kind)), type(value).__name__)


def same(left: JsonValue, right: JsonValue) -> bool:
    """Tell whether two values are the same JSON; `1` and `true` are not."""
    try:
        return canonical_json(left) == canonical_json(right)
    except ValueError:
        return False


def shown(value: JsonValue) -> str:
    """Return a value for a message: JSON, short, on one line and safe to print."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return shortened(safe_text(text, one_line=True), _SHOWN_CHARACTERS)
