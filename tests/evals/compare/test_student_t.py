"""Student's t, against scipy and against printed tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.evals.compare.student_t import t_quantile, t_upper_tail

PROBABILITIES = [1e-9, 1e-6, 1e-4, 0.001, 0.01, 0.02, 0.05, 0.1, 0.3, 0.49, 0.51, 0.8, 0.95, 0.975, 0.98, 0.999]
DEGREES = [*range(1, 41), 60, 79, 80, 81, 99, 100, 300, 500, 999, 1000]

# Two-sided 95% and one-sided 99.5% columns of the table in Abramowitz and Stegun (1964), 26.10
PRINTED = [(1, 0.975, 12.706), (2, 0.975, 4.303), (10, 0.975, 2.228), (30, 0.975, 2.042), (120, 0.975, 1.980)]


@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_agree_with_scipy(degrees: int) -> None:
    for probability in PROBABILITIES:
        expected = float(stats.t.ppf(probability, degrees))
        assert t_quantile(probability, degrees) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("degrees", DEGREES)
def test_tails_agree_with_scipy(degrees: int) -> None:
    for t in (0.0, 0.01, 0.5, 1.0, 2.0, 3.7, 10.0, 50.0):
        assert t_upper_tail(t, degrees) == pytest.approx(float(stats.t.sf(t, degrees)), rel=1e-10)
        assert t_upper_tail(-t, degrees) == pytest.approx(float(stats.t.cdf(t, degrees)), rel=1e-10)


@pytest.mark.parametrize(("degrees", "probability", "quantile"), PRINTED)
def test_quantiles_agree_with_printed_tables(degrees: int, probability: float, quantile: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(quantile, abs=5e-4)


def test_one_and_two_degrees_have_closed_forms() -> None:
    for probability in (0.51, 0.7, 0.9, 0.999):
        assert t_quantile(probability, 1) == pytest.approx(math.tan(math.pi * (probability - 0.5)), rel=1e-12)
        spread = 4 * probability * (1 - probability)
        assert t_quantile(probability, 2) == pytest.approx((2 * probability - 1) * math.sqrt(2 / spread), rel=1e-12)


@given(st.floats(0.0001, 0.9999), st.integers(1, 2000))
def test_the_quantile_inverts_the_tail(probability: float, degrees: int) -> None:
    assert t_upper_tail(t_quantile(probability, degrees), degrees) == pytest.approx(1 - probability, rel=1e-9)


def test_without_degrees_of_freedom_nothing_is_ruled_out() -> None:
    assert t_quantile(0.98, 0) == math.inf
    assert t_quantile(0.02, 0) == -math.inf


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, math.nan])
def test_a_probability_outside_its_range_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_quantile(probability, 5)


def test_negative_degrees_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_quantile(0.9, -1)
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_upper_tail(1.0, 0)


def test_an_infinite_t_has_no_tail() -> None:
    assert t_upper_tail(math.inf, 3) == 0
