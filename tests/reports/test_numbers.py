"""Numbers in reports say as much as they know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports import numbers


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(6000, "$6,000"), (200, "$200"), (1.255, "$1.25"), (0.002, "$0.002"), (0.00012, "$0.00012"), (0, "$0"),
     (-0.5, "−$0.5"), (None, "–")],
)  # fmt: skip
def test_dollars_have_as_many_digits_as_say_something(amount: float | None, shown: str) -> None:
    assert numbers.usd(amount) == shown


def test_only_a_whole_is_all_and_only_nothing_is_none() -> None:
    assert [numbers.share(value) for value in (1.0, 0.999, 0.5, 0.001, 0.0)] == ["100%", "99%", "50%", "1%", "0%"]


@pytest.mark.parametrize(
    ("duration", "shown"), [(0.31, "0.3 s"), (12.4, "12 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations_have_two_units_at_most(duration: float, shown: str) -> None:
    assert numbers.seconds(duration) == shown


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_no_amount_is_shown_as_nothing(amount: float) -> None:
    assert numbers.usd(amount) != "$0"
