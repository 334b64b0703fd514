"""Whether a history of concurrent reads and commits could have happened one operation after the other.

A history is linearizable when its operations can be put in an order in which each lies between its call and its
return and each answer is right (Herlihy & Wing 1990). The search is that of Wing & Gong (1993), which tries
each operation that may come next and takes it back when that leads nowhere, with the memory of Lowe (2017): an order of
the same operations that leads to the same state is not tried twice. An operation that changes nothing is placed as
soon as it fits, and nothing else is tried in its stead: whatever could come before it could come after it as well.
An operation whose answer was lost may have happened at any time after its call, or not at all.

The object is one environment: a register of revision and head that is read, and compared and set.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = tuple[int, str]
"""A revision and its head."""

NOTHING: Value = (0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read and what it returned."""

    called: float
    returned: float
    value: Value

    def after(self, value: Value) -> Value | None:
        """Return the register after the operation, None when it cannot happen there with this answer."""
        return value if value == self.value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit on `expected`: made (`current` is None), or refused because the environment is at `current`."""

    called: float
    returned: float
    expected: Value
    head: str
    current: int | None = None

    def after(self, value: Value) -> Value | None:
        """Return the register after the operation, None when it cannot happen there with this answer."""
        if self.current is None:
            return (value[0] + 1, self.head) if value == self.expected else None
        return value if value != self.expected and value[0] == self.current else None


Operation = Read | Commit


def is_linearizable(history: Sequence[Operation], start: Value = NOTHING) -> bool:
    """Tell whether a history can be put in order; operations without an answer have `returned` at infinity."""
    operations = sorted(history, key=lambda operation: operation.called)
    search = _Search(operations, start)
    return search.runs()


class _Search:
    """The operations as a list in the order of their calls, from which those that were placed are taken out."""

    def __init__(self, operations: Sequence[Operation], start: Value) -> None:
        self._operations = operations
        self._value = start
        count = len(operations)
        # a ring of indices, with `count` as the entry before the first
        self._next = [*range(1, count + 1), 0]
        self._before = [count, *range(count)]
        self._end = count
        self._placed = 0
        self._known: set[tuple[int, Value]] = set()
        self._order: list[tuple[int, Value]] = []
        self._answered = sum(operation.returned != inf for operation in operations)

    def runs(self) -> bool:
        """Place one operation after the other, going back where none fits."""
        index, deadline = self._next[self._end], inf
        while self._answered:
            if index != self._end and self._operations[index].called <= deadline:
                if self._place(index):
                    index, deadline = self._next[self._end], inf
                else:
                    # whoever is called after this one returned comes after it
                    deadline = min(deadline, self._operations[index].returned)
                    index = self._next[index]
            else:
                changed = self._take_back()
                if changed is None:
                    return False
                index, deadline = self._next[changed], self._deadline_before(self._next[changed])
        return True

    def _place(self, index: int) -> bool:
        """Put an operation next, unless its answer would be wrong or this was tried."""
        after = self._operations[index].after(self._value)
        if after is None:
            return False
        placed = self._placed | 1 << index
        if after != self._value:
            if (placed, after) in self._known:
                return False
            self._known.add((placed, after))
        self._order.append((index, self._value))
        self._placed, self._value = placed, after
        self._next[self._before[index]] = self._next[index]
        self._before[self._next[index]] = self._before[index]
        self._answered -= self._operations[index].returned != inf
        return True

    def _take_back(self) -> int | None:
        """Undo placements down to the last that changed something, and return that one; None when there is none."""
        while self._order:
            after = self._value
            index, self._value = self._order.pop()
            self._placed ^= 1 << index
            self._next[self._before[index]] = self._before[self._next[index]] = index
            self._answered += self._operations[index].returned != inf
            if self._value != after:
                return index
        return None

    def _deadline_before(self, index: int) -> float:
        """Return when the first of the operations that stand before one returned."""
        deadline, at = inf, self._next[self._end]
        while at != index:
            deadline = min(deadline, self._operations[at].returned)
            at = self._next[at]
        return deadline
