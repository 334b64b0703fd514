"""Histories that cannot have happened, each made from one that has by one change. A checker has to find all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from release.reliability.linearizability import NOTHING, Commit, Operation, Read, Value

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    Breaker = Callable[["History", random.Random], list[Operation]]

MOST_PICKS = 10_000


class NothingToBreakError(Exception):
    """The history has no operation of the kind that is changed."""


@dataclass(frozen=True, slots=True)
class History:
    """A history with the commits that were made, in the order of their revisions."""

    operations: Sequence[Operation]
    made: Sequence[int]
    """The position of the commit that made revision 1, 2, and so on."""

    @classmethod
    def of(cls, operations: Sequence[Operation]) -> History:
        made = [
            (item.expected[0], position)
            for position, item in enumerate(operations)
            if isinstance(item, Commit) and item.current is None
        ]
        return cls(operations, [position for _, position in sorted(made)])

    def commit(self, revision: int) -> Commit:
        found = self.operations[self.made[revision - 1]]
        assert isinstance(found, Commit)
        return found

    def value(self, revision: int) -> Value:
        return (revision, self.commit(revision).head) if revision else NOTHING

    def pick(self, lots: random.Random, fits: Callable[[Operation, int], bool]) -> tuple[int, Operation, int]:
        """Return an operation and a revision that exists, for which `fits` holds."""
        for _ in range(MOST_PICKS):
            position, revision = lots.randrange(len(self.operations)), lots.randrange(1, len(self.made))
            if fits(self.operations[position], revision):
                return position, self.operations[position], revision
        raise NothingToBreakError

    def with_one(self, position: int, operation: Operation) -> list[Operation]:
        changed = list(self.operations)
        changed[position] = operation
        return changed


def _old_value_read(history: History, lots: random.Random) -> list[Operation]:
    def fits(item: Operation, revision: int) -> bool:
        return isinstance(item, Read) and history.commit(revision).returned < item.called

    position, item, revision = history.pick(lots, fits)
    assert isinstance(item, Read)
    return history.with_one(position, replace(item, value=history.value(revision - 1)))


def _future_value_read(history: History, lots: random.Random) -> list[Operation]:
    def fits(item: Operation, revision: int) -> bool:
        return isinstance(item, Read) and item.returned < history.commit(revision).called

    position, item, revision = history.pick(lots, fits)
    assert isinstance(item, Read)
    return history.with_one(position, replace(item, value=history.value(revision)))


def _mixed_value_read(history: History, lots: random.Random) -> list[Operation]:
    position, item, revision = history.pick(
        lots, lambda item, revision: isinstance(item, Read) and item.value[0] not in (0, revision)
    )
    assert isinstance(item, Read)
    return history.with_one(position, replace(item, value=(item.value[0], history.value(revision)[1])))


def _commit_lost(history: History, lots: random.Random) -> list[Operation]:
    changed = list(history.operations)
    # the newest might have been made by nobody else's leave
    del changed[history.made[lots.randrange(len(history.made) - 1)]]
    return changed


def _two_winners(history: History, lots: random.Random) -> list[Operation]:
    def fits(item: Operation, _: int) -> bool:
        return isinstance(item, Commit) and item.current is not None and item.expected[0] < len(history.made)

    position, item, _ = history.pick(lots, fits)
    assert isinstance(item, Commit)
    return history.with_one(position, replace(item, current=None))


def _winner_refused(history: History, lots: random.Random) -> list[Operation]:
    position = history.made[lots.randrange(len(history.made) - 1)]
    item = history.operations[position]
    assert isinstance(item, Commit)
    return history.with_one(position, replace(item, current=item.expected[0] + 1))


def _loser_told_an_old_revision(history: History, lots: random.Random) -> list[Operation]:
    def fits(item: Operation, revision: int) -> bool:
        refused = isinstance(item, Commit) and item.current is not None
        return refused and history.commit(revision).returned < item.called

    position, item, revision = history.pick(lots, fits)
    assert isinstance(item, Commit)
    return history.with_one(position, replace(item, current=revision - 1))


def _commits_in_the_other_order(history: History, lots: random.Random) -> list[Operation]:
    for _ in range(MOST_PICKS):
        first, second = sorted(lots.sample(range(1, len(history.made) + 1), 2))
        early, late = history.commit(first), history.commit(second)
        if early.returned < late.called:
            changed = list(history.operations)
            changed[history.made[first - 1]] = replace(early, called=late.called, returned=late.returned)
            changed[history.made[second - 1]] = replace(late, called=early.called, returned=early.returned)
            return changed
    raise NothingToBreakError


def _a_skipped_revision(history: History, lots: random.Random) -> list[Operation]:
    position = history.made[lots.randrange(1, len(history.made))]
    item = history.operations[position]
    assert isinstance(item, Commit)
    return history.with_one(position, replace(item, expected=(item.expected[0] - 1, item.expected[1])))


BREAKERS: Mapping[str, Breaker] = {
    "an old value is read": _old_value_read,
    "a value is read before it was written": _future_value_read,
    "a revision is read with another's head": _mixed_value_read,
    "an acknowledged commit is lost": _commit_lost,
    "two commits win one revision": _two_winners,
    "a commit that others build on was refused": _winner_refused,
    "a loser is told an old revision": _loser_told_an_old_revision,
    "two commits happened in the other order": _commits_in_the_other_order,
    "a commit skips a revision": _a_skipped_revision,
}
