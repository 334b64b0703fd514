"""Hard breaks are confirmed before they are called so, and suspicions ask for another trial."""

from __future__ import annotations

import pytest

from llmops_cli.evals.compare.hard_breaks import breaks_block, confirmed_breaks, mended_cases, suspected_breaks

PASS, FAIL = True, False
BASE = {"worked": [PASS] * 5, "mostly": [PASS, PASS, PASS, FAIL, FAIL], "never": [FAIL] * 5, "half": [PASS, FAIL]}


def test_three_failures_ahead_of_passes_confirm_a_break() -> None:
    candidate = {name: [FAIL] * 3 for name in BASE}
    assert [found.case_id for found in confirmed_breaks(BASE, candidate)] == ["mostly", "worked"]
    assert str(confirmed_breaks(BASE, candidate)[1]) == "worked fails 3/3 (baseline passes 5/5)"


def test_fewer_failures_are_a_suspicion() -> None:
    for trials in ([FAIL], [FAIL, FAIL], [FAIL, PASS, FAIL], [FAIL, FAIL, PASS, FAIL]):
        assert confirmed_breaks(BASE, {"worked": trials}) == ()
        assert suspected_breaks(BASE, {"worked": trials}) == ("worked",)


def test_a_pass_in_time_clears_the_suspicion() -> None:
    for trials in ([PASS], [FAIL, PASS], [FAIL, FAIL, PASS, PASS]):
        assert suspected_breaks(BASE, {"worked": trials}) == ()


def test_confirming_ends_after_seven_trials() -> None:
    assert suspected_breaks(BASE, {"worked": [FAIL, PASS] * 3 + [FAIL]}) == ()


def test_cases_that_the_baseline_does_not_know_cannot_break() -> None:
    assert confirmed_breaks(BASE, {"new": [FAIL] * 5}) == ()
    assert suspected_breaks(BASE, {"new": [FAIL]}) == ()


def test_mended_cases_failed_before_and_pass_now() -> None:
    candidate = {name: [PASS, PASS] for name in BASE}
    assert mended_cases(BASE, candidate) == ("never",)
    assert mended_cases(BASE, {"never": [PASS, FAIL], "new": [PASS]}) == ()


@pytest.mark.parametrize(
    ("breaks", "mends", "blocks"),
    [
        (1, 0, False),
        (2, 0, True),
        (2, 1, False),
        (5, 1, False),
        (7, 1, True),
        (40, 38, False),
        (60, 30, True),
        (1114, 1, True),
    ],
)
def test_breaks_block_unless_they_are_an_exchange(breaks: int, mends: int, *, blocks: bool) -> None:
    assert breaks_block(breaks, mends) is blocks
