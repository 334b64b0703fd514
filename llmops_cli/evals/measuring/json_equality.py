"""When two JSON values count as the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonValue

UNORDERED_LIMIT = 1000
"""The longest list compared in any order; matching each with each takes quadratic time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonEquality:
    """Equality of JSON values: 1 and 1.0 are the same, true and 1 are not.

    `tolerance` is the absolute difference allowed between numbers.
    """

    tolerance: float = 0.0
    ignore_order: bool = False
    ignore_case: bool = False

    def same(self, expected: JsonValue, got: JsonValue) -> bool:
        """Return whether the two values count as the same."""
        if isinstance(expected, bool) or isinstance(got, bool) or expected is None or got is None:
            return expected is got
        if isinstance(expected, str) or isinstance(got, str):
            return isinstance(expected, str) and isinstance(got, str) and self._same_text(expected, got)
        if isinstance(expected, Mapping) or isinstance(got, Mapping):
            return isinstance(expected, Mapping) and isinstance(got, Mapping) and self._same_object(expected, got)
        if isinstance(expected, (int, float)) or isinstance(got, (int, float)):
            return isinstance(expected, (int, float)) and isinstance(got, (int, float)) and self._close(expected, got)
        return self._same_list(expected, got)

    def _same_text(self, expected: str, got: str) -> bool:
        return expected.casefold() == got.casefold() if self.ignore_case else expected == got

    def _close(self, expected: float, got: float) -> bool:
        try:
            return expected == got or math.isclose(expected, got, rel_tol=0.0, abs_tol=self.tolerance)
        except OverflowError:  # an integer beyond what a double holds
            return False

    def _same_object(self, expected: Mapping[str, JsonValue], got: Mapping[str, JsonValue]) -> bool:
        return expected.keys() == got.keys() and all(self.same(item, got[key]) for key, item in expected.items())

    def _same_list(self, expected: Sequence[JsonValue], got: Sequence[JsonValue]) -> bool:
        if len(expected) != len(got):
            return False
        if not self.ignore_order or len(expected) > UNORDERED_LIMIT:
            return all(self.same(left, right) for left, right in zip(expected, got, strict=True))
        rest = list(got)
        for item in expected:
            place = next((index for index, other in enumerate(rest) if self.same(item, other)), None)
            if place is None:
                return False
            del rest[place]
        return True
