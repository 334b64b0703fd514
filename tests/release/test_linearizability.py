"""The checker of histories against the definition itself, on small histories: every order is tried."""

from __future__ import annotations

import random
from itertools import permutations
from math import inf

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from release.reliability.broken_histories import BREAKERS, History
from release.reliability.linearizability import NOTHING, Commit, Operation, Read, Value, is_linearizable

HEADS = ("", "a", "b", "c")
VALUES = st.sampled_from([NOTHING, (1, "a"), (1, "b"), (2, "b"), (2, "c")])
TIMES = st.tuples(st.integers(0, 8), st.integers(0, 4))


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    called, lasted = draw(TIMES)
    returned = called + lasted
    if draw(st.booleans()):
        return Read(called=called, returned=returned, value=draw(VALUES))
    current = draw(st.sampled_from([None, None, 0, 1, 2]))
    lost = current is None and draw(st.integers(0, 5)) == 0
    return Commit(
        called=called,
        returned=inf if lost else returned,
        expected=draw(VALUES),
        head=draw(st.sampled_from(HEADS[1:])),
        current=current,
    )


def fits(order: tuple[Operation, ...]) -> bool:
    """Tell whether the answers are right in an order that goes against no time."""
    value: Value | None = NOTHING
    for position, operation in enumerate(order):
        if any(later.returned < operation.called for later in order[position + 1 :]):
            return False
        value = operation.after(value) if value is not None else None
        if value is None:
            return False
    return True


def by_definition(history: list[Operation]) -> bool:
    """Try every order, with and without each operation whose answer was lost."""
    lost = [operation for operation in history if operation.returned == inf]
    answered = [operation for operation in history if operation.returned != inf]
    subsets = [[item for bit, item in enumerate(lost) if mask >> bit & 1] for mask in range(1 << len(lost))]
    return any(fits(order) for happened in subsets for order in permutations([*answered, *happened]))


@settings(max_examples=400, deadline=None)
@given(st.lists(operations(), max_size=5))
def test_it_agrees_with_the_definition(history: list[Operation]) -> None:
    assert is_linearizable(history) == by_definition(history)


def test_a_history_of_a_lost_answer_may_have_happened_either_way() -> None:
    lost = Commit(called=0, returned=inf, expected=NOTHING, head="a")
    for seen in (NOTHING, (1, "a")):
        assert is_linearizable([lost, Read(called=5, returned=6, value=seen)])
    back = [Read(called=5, returned=6, value=(1, "a")), Read(called=7, returned=8, value=NOTHING)]
    assert not is_linearizable([lost, *back])


def test_many_at_once_are_decided_at_once() -> None:
    """Operations that change nothing have many orders; trying all of them would never end."""
    reads: list[Operation] = [Read(called=0, returned=100, value=NOTHING) for _ in range(200)]
    made = Commit(called=0, returned=100, expected=NOTHING, head="a")
    assert is_linearizable([*reads, made, Read(called=50, returned=60, value=(1, "a"))])
    assert not is_linearizable([*reads, made, Read(called=101, returned=102, value=NOTHING)])


def whole(length: int) -> list[Operation]:
    """Return a history of one client after the other: each reads, commits, and is refused once."""
    history: list[Operation] = []
    value = NOTHING
    for number in range(length):
        at = number * 10
        history += [
            Read(called=at, returned=at + 1, value=value),
            Commit(called=at + 2, returned=at + 4, expected=value, head=f"head-{number}"),
            Commit(called=at + 5, returned=at + 6, expected=value, head=f"loser-{number}", current=value[0] + 1),
        ]
        value = (value[0] + 1, f"head-{number}")
    return history


@pytest.mark.parametrize("kind", BREAKERS)
def test_each_kind_of_broken_history_is_found(kind: str) -> None:
    history = whole(30)
    assert is_linearizable(history)
    lots = random.Random(kind)  # noqa: S311 - to repeat it
    for _ in range(50):
        assert not is_linearizable(BREAKERS[kind](History.of(history), lots))
