"""Holm's correction: the worked numbers, and what it does to decisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.evals.compare.gate import GateVerdict, decide
from llmops_cli.evals.compare.holm import correct_for_several, holm_adjusted


def test_worked_example() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02
    adjusted = holm_adjusted({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_it_lies_between_no_correction_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm_adjusted(dict(enumerate(p_values)))
    for index, p_value in enumerate(p_values):
        assert p_value <= adjusted[index] <= min(1.0, p_value * len(p_values)) + 1e-12


def test_one_weak_regression_among_many_metrics_is_taken_back() -> None:
    quiet = decide([[0.5, 0.6, 0.4]] * 40, [[0.5, 0.6, 0.4]] * 40, kind="score")
    flaky, worse = [1.0, 1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0, 1.0]
    noisy = decide([flaky, [1.0] * 5] * 15, [flaky] * 26 + [worse] * 4)
    assert noisy.verdict is GateVerdict.BLOCK
    assert 0.002 < noisy.regression_p < 0.02
    corrected = correct_for_several({"noisy": noisy, **{f"quiet-{index}": quiet for index in range(9)}})
    assert corrected["noisy"].verdict is GateVerdict.INCONCLUSIVE
    assert "Alone this would be a regression" in corrected["noisy"].reasons[0]
    between = correct_for_several({"noisy": noisy, **{f"quiet-{index}": quiet for index in range(9)}}, final=False)
    assert between["noisy"].verdict is GateVerdict.CONTINUE


def test_a_clear_regression_stays_one() -> None:
    broken = decide([[1.0] * 5] * 30, [[0.0]] * 30)
    fine = decide([[1.0] * 5] * 30, [[1.0] * 5] * 30)
    corrected = correct_for_several({"broken": broken, **{f"fine-{index}": fine for index in range(20)}})
    assert corrected["broken"] is broken
    assert corrected["fine-3"] is fine


def test_one_metric_alone_needs_no_correction() -> None:
    broken = decide([[1.0] * 5] * 30, [[0.0]] * 30)
    assert correct_for_several({"only": broken}) == {"only": broken}
