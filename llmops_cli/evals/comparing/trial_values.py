"""Numbers of a run by case and trial, in columns: 16 bytes each, where a list for every case takes ten times that."""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class TrialValues:
    """One number per trial, added in any order."""

    __slots__ = ("_ids", "_numbers", "_places", "_values")

    def __init__(self, ids: Sequence[str]) -> None:
        """Begin with none; `ids` are those of the cases, by their places."""
        self._ids = ids
        self._places = array("i")
        self._numbers = array("i")
        self._values = array("d")

    def add(self, place: int, number: int, value: float) -> None:
        """Add the value of trial `number` of the case at `place`."""
        self._places.append(place)
        self._numbers.append(number)
        self._values.append(value)

    def by_case(self) -> Mapping[str, tuple[float, ...]]:
        """Return each case's values in the order of its trials, for the cases that have some, sorted by id."""
        # most cases of a suite have the same trials as some other one
        known: dict[tuple[float, ...], tuple[float, ...]] = {}
        return {case_id: known.setdefault(row, row) for case_id, row in self._rows()}

    def passes_by_case(self) -> Mapping[str, tuple[bool, ...]]:
        """Return the same as `by_case`, of values that say yes (1) or no (0)."""
        known: dict[tuple[float, ...], tuple[bool, ...]] = {}
        return {
            case_id: known.get(row) or known.setdefault(row, tuple(map(bool, row))) for case_id, row in self._rows()
        }

    def _rows(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        ids, places, numbers, values = self._ids, self._places, self._numbers, self._values
        # sorted twice instead of once by pairs, which would be made and kept for every trial
        order = sorted(range(len(values)), key=numbers.__getitem__)
        order.sort(key=lambda i: ids[places[i]])
        for place, trials in groupby(order, key=places.__getitem__):
            yield ids[place], tuple([values[i] for i in trials])
