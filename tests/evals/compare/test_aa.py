"""A/A: what a suite's own noise does to its gate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llmops_cli.evals.compare.aa import compare_with_itself, flip_rate
from llmops_cli.evals.compare.wilson import wilson_interval


def noisy(cases: int, trials: int, failing: float, seed: int) -> list[list[float]]:
    random = np.random.default_rng(seed)
    rows: list[list[float]] = (random.random((cases, trials)) >= failing).astype(float).tolist()
    return rows


def test_steady_cases_raise_no_alarm_and_let_small_drops_be_seen() -> None:
    result = compare_with_itself([[1.0] * 10] * 30)
    assert (result.flip_rate, result.false_alarm_rate, result.green_rate) == (0.0, 0.0, 1.0)
    assert result.smallest_visible_drop == pytest.approx(2 / 30)
    assert (result.cases, result.trials) == (30, 300)


def test_a_noisy_suite_rarely_alarms_where_one_run_often_does() -> None:
    result = compare_with_itself(noisy(30, 10, 0.1, 5))
    assert result.false_alarm_rate < 0.03
    assert result.single_run_alarm_rate > 0.1
    assert result.false_alarm_interval.lower <= result.false_alarm_rate <= result.false_alarm_interval.upper
    assert result.flip_rate == pytest.approx(2 * 0.1 * 0.9, abs=0.05)
    assert result.smallest_visible_drop is not None
    assert result.smallest_visible_drop > 2 / 30


def test_the_same_trials_always_give_the_same_answer() -> None:
    trials = noisy(20, 6, 0.2, 6)
    assert compare_with_itself(trials) == compare_with_itself(trials)


def test_a_suite_that_fails_everything_can_see_no_drop() -> None:
    assert compare_with_itself([[0.0] * 10] * 30).smallest_visible_drop is None


def test_graded_scores_differ_by_amounts() -> None:
    assert flip_rate([[0.2, 0.6], [0.5, 0.5]]) == pytest.approx(0.2)
    assert flip_rate([[0.0, 1.0, 1.0]]) == pytest.approx(2 / 3)
    result = compare_with_itself([[0.5, 0.6, 0.5, 0.4, 0.5, 0.6, 0.5, 0.4, 0.5, 0.5]] * 25, kind="score")
    assert result.false_alarm_rate == 0


@pytest.mark.parametrize("trials", [[], [[1.0]], [[1.0, 1.0], [1.0]]])
def test_one_trial_says_nothing_about_noise(trials: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="at least two trials"):
        compare_with_itself(trials)


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (3, 10), (10, 10), (41, 400)])
def test_wilson_intervals_agree_with_scipy(hits: int, of: int) -> None:
    expected = stats.binomtest(hits, of).proportion_ci(method="wilson")
    assert tuple(wilson_interval(hits, of)) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_seen_says_nothing() -> None:
    assert tuple(wilson_interval(0, 0)) == (0.0, 1.0)
