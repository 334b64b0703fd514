"""JSON read as the standard says: no NaN, no duplicate keys, one value, in bounded depth."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue

LONGEST_INTEGER = 4300
"""Digits; beyond it Python's conversion takes quadratic time and refuses."""

_FENCE = "```"


class NotJsonError(ValueError):
    """The text is not JSON; the message says why and where."""


def parse_strict_json(text: str, *, fenced: bool = False) -> JsonValue:
    """Return the one JSON value that `text` is; `fenced` allows one Markdown code fence around it.

    Raises:
        NotJsonError: for anything else.
    """
    if fenced:
        text = _without_fence(text)
    try:
        return cast("JsonValue", _DECODER.decode(text))
    except json.JSONDecodeError as error:
        message = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise NotJsonError(message) from None
    except RecursionError:
        message = "the nesting is too deep"
        raise NotJsonError(message) from None


def _without_fence(text: str) -> str:
    # string operations, because a lazy regular expression takes quadratic time on a page of blanks
    stripped = text.strip()
    opening, newline, rest = stripped.partition("\n")
    fenced = stripped.startswith(_FENCE) and stripped.endswith(_FENCE) and newline
    if not fenced or opening.removeprefix(_FENCE).strip().casefold() not in ("", "json"):
        return text
    return rest.removesuffix(_FENCE)


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonValue:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                message = f"the key {json.dumps(key)[:80]} stands twice in one object"
                raise NotJsonError(message)
            seen.add(key)
    return members


def _constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise NotJsonError(message)


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        message = f"a number of {len(digits)} digits"
        raise NotJsonError(message)
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        message = f"the number {digits[:40]} is beyond what a double can hold"
        raise NotJsonError(message)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float)

FENCED: JsonObject = {
    "description": "Whether one Markdown code fence around the JSON is allowed.",
    "type": "boolean",
    "default": False,
}
"""The schema of the `fenced` parameter."""
