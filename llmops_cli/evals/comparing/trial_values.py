"""Numbers of a run by case and trial, in columns: 20 bytes each, where a list for every case takes ten times that."""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class TrialValues:
    """One number per trial, added in any order."""

    __slots__ = ("_ids", "_numbers", "_places", "_values")

    def __init__(self, ids: Sequence[str]) -> None:
        """Begin with none; `ids` are those of the cases, by their places."""
        self._ids = ids
        self._places = array("q")
        self._numbers = array("i")
        self._values = array("d")

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return len(self._values)

    def add(self, place: int, number: int, value: float) -> None:
        """Add the value of trial `number` of the case at `place`."""
        self._places.append(place)
        self._numbers.append(number)
        self._values.append(value)

    def by_case(self) -> Mapping[str, tuple[float, ...]]:
        """Return each case's values in the order of its trials, for the cases that have some, sorted by id."""
        ids, places, numbers, values = self._ids, self._places, self._numbers, self._values
        order = sorted(range(len(values)), key=lambda i: (ids[places[i]], numbers[i]))
        # most cases of a suite have the same trials as some other one
        known: dict[tuple[float, ...], tuple[float, ...]] = {}
        found: dict[str, tuple[float, ...]] = {}
        for place, trials in groupby(order, key=places.__getitem__):
            row = tuple([values[i] for i in trials])
            found[ids[place]] = known.setdefault(row, row)
        return found
