"""A sum that does not depend on the order of its terms."""

from __future__ import annotations

import math


class ExactSum:
    """Adds doubles without rounding until the end (Shewchuk's growing expansion, 1997).

    Trials finish in any order; the mean of a run must not depend on it, or an interrupted and
    continued run would differ from an uninterrupted one in the last digit.
    """

    __slots__ = ("_parts", "count")

    def __init__(self) -> None:
        """Begin at zero."""
        self._parts: list[float] = []
        self.count = 0

    def add(self, value: float) -> None:
        """Add one finite number."""
        self.count += 1
        kept = 0
        for part in self._parts:
            larger, smaller = (value, part) if abs(value) >= abs(part) else (part, value)
            value = larger + smaller
            if lost := smaller - (value - larger):
                self._parts[kept] = lost
                kept += 1
        self._parts[kept:] = [value]

    def total(self) -> float:
        """Return the sum, rounded once."""
        return math.fsum(self._parts)

    def mean(self) -> float | None:
        """Return the mean, or None when nothing was added."""
        return self.total() / self.count if self.count else None
