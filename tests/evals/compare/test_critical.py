"""Critical cases: confirmed, not averaged; the exact probabilities of the rule."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.evals.compare.critical import CriticalRule, CriticalState, critical_rule, critical_state

PASS, FAIL = True, False


@pytest.mark.parametrize(
    ("trials", "state"),
    [
        ([], "rerun"),
        ([PASS], "ok"),
        ([FAIL], "rerun"),
        ([FAIL, FAIL], "broken"),
        ([FAIL, PASS], "flaky"),
        ([PASS, PASS, FAIL], "flaky"),
        ([PASS, FAIL, FAIL], "rerun"),
        ([PASS, FAIL, FAIL, FAIL], "broken"),
        ([PASS, FAIL, FAIL, PASS], "flaky"),
        ([PASS, FAIL, FAIL, PASS, FAIL], "unsettled"),
        ([FAIL, FAIL, PASS, PASS, PASS], "broken"),
    ],
)
def test_the_walk(trials: list[bool], state: str) -> None:
    assert critical_state(trials) == state


def chance_of_block(passes: float, rule: CriticalRule) -> float:
    """Walk through every way a case that passes with this chance can go, from its first trial."""

    @cache
    def walk(trials: tuple[bool, ...]) -> float:
        state = critical_state(trials, rule)
        if state is CriticalState.BROKEN:
            return 1.0
        if state is not CriticalState.RERUN:
            return 0.0
        return passes * walk((*trials, PASS)) + (1 - passes) * walk((*trials, FAIL))

    return walk(())


@pytest.mark.parametrize(("passes", "blocks"), [(0.95, 0.0025), (0.5, 0.25), (0.05, 0.9025)])
def test_the_exact_chance_to_block(passes: float, blocks: float) -> None:
    assert chance_of_block(passes, critical_rule(5)) == pytest.approx(blocks)


def test_five_reliable_cases_block_one_run_in_eighty_not_one_in_four() -> None:
    block = 1 - (1 - chance_of_block(0.95, critical_rule(5))) ** 5
    assert round(100 * block, 1) == 1.2
    assert round(100 * (1 - 0.95**5), 1) == 22.6


def test_many_critical_cases_ask_for_one_more_failure() -> None:
    assert critical_rule(20) == CriticalRule(net=2, most_trials=5)
    rule = critical_rule(21)
    assert rule == CriticalRule(net=3, most_trials=7)
    assert critical_state([FAIL, FAIL], rule) is CriticalState.RERUN
    assert critical_state([FAIL, FAIL, FAIL], rule) is CriticalState.BROKEN
    assert 1 - (1 - chance_of_block(0.95, rule)) ** 40 < 0.02


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_turning_a_failure_into_a_pass_never_breaks_a_case(trials: list[bool], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(trials) - 1))
    better = [*trials[:index], PASS, *trials[index + 1 :]]
    if critical_state(better) is CriticalState.BROKEN:
        assert critical_state(trials) is CriticalState.BROKEN
