"""Plain YAML scalars by the YAML 1.2 core schema, narrowed to what JSON can say exactly."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import LARGEST_EXACT_INTEGER

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue

_WORDS: dict[str, JsonValue] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_FIRST_OF_NUMBER = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z", re.ASCII)
_MOST_DIGITS = 16


class ScalarError(ValueError):
    """A plain scalar that is a number which we refuse; carries the rule, and a message for the author."""

    def __init__(self, message: str, *, rule: str, hint: str) -> None:
        """Keep the parts of a finding; the place is the caller's."""
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


def plain_value(text: str) -> JsonValue:
    """Return what a plain scalar means: null, a boolean, a number, or the text itself.

    `NO`, `on`, `1:30`, `2024-01-01` and numbers with leading zeros (`017`: octal for some tools, decimal
    for others) are text.

    Raises:
        ScalarError: for `.nan` and `.inf`, and for numbers that are too large to be exact.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST_OF_NUMBER:
        return text
    if _DECIMAL.match(text):
        return _integer(text, 10)
    if _OTHER_BASE.match(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.match(text):
        return _float(text)
    if _NOT_FINITE.match(text):
        message = f"{text} is not a finite number."
        raise ScalarError(message, rule="non-finite-number", hint="Write a number, or quote it if you mean the text.")
    return text


def _integer(digits: str, base: int) -> int:
    # a text of 5,000 digits would make int() raise, or take quadratic time where that limit is lifted
    value = int(digits, base) if len(digits) <= _MOST_DIGITS + 2 else None
    if value is None or abs(value) > LARGEST_EXACT_INTEGER:
        shown = digits if len(digits) <= 2 * _MOST_DIGITS else f"a number of {len(digits)} digits"
        message = f"{shown} is too large: integers beyond 9007199254740991 are not exact in JSON."
        raise ScalarError(
            message, rule="number-too-large", hint="Write a smaller number, or quote it if you mean the text."
        )
    return value


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        shown = text if len(text) <= 2 * _MOST_DIGITS else text[: 2 * _MOST_DIGITS] + "…"
        message = f"{shown} is too large for a number: it would become infinite."
        raise ScalarError(
            message, rule="non-finite-number", hint="Write a smaller number, or quote it if you mean the text."
        )
    return value
