"""The sign-flip permutation test, against scipy's, published data, and counting by hand."""

from __future__ import annotations

from itertools import product
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.evals.compare.sign_flip import sign_flip

# R's `sleep`: extra hours of sleep of ten patients under two drugs (Student 1908), second minus first
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]

# R's example of wilcox.test: Hamilton depression factor of nine patients before and after (Hollander and Wolfe 1973)
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def test_nine_gains_and_no_loss_are_two_flips_of_five_hundred_and_twelve() -> None:
    result = sign_flip(SLEEP)
    assert result.exact
    assert result.two_sided == 2 / 512
    assert result.worse == 1.0
    assert sign_flip([-value for value in SLEEP]).worse == 1 / 512


def test_the_depression_example_counted_by_hand() -> None:
    differences = [after - before for before, after in zip(BEFORE, AFTER, strict=True)]
    observed = fsum(differences)
    sums = [
        fsum(sign * value for sign, value in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=9)
    ]
    result = sign_flip(differences)
    assert result.worse == sum(total <= observed + 1e-9 for total in sums) / 512
    assert result.two_sided == sum(abs(total) >= abs(observed) - 1e-9 for total in sums) / 512


@given(st.lists(st.integers(-8, 8), min_size=2, max_size=10))
@settings(max_examples=40, deadline=None)
def test_it_agrees_with_scipy(steps: list[int]) -> None:
    differences = [step / 8 for step in steps]
    reference = stats.permutation_test(
        (np.array(differences),), np.mean, permutation_type="samples", alternative="less", n_resamples=2**11
    )
    assert sign_flip(differences).worse == pytest.approx(float(reference.pvalue), abs=1e-12)


def test_pass_and_fail_are_counted_exactly_for_any_number_of_cases() -> None:
    result = sign_flip([-1.0] * 12 + [1.0] * 3 + [0.0] * 985)
    assert result.exact
    # flipping signs of ones is McNemar's exact test: at most 3 heads of 15
    assert result.worse == pytest.approx(float(stats.binom.cdf(3, 15, 0.5)), abs=1e-15)


def test_many_graded_differences_are_sampled_and_say_so() -> None:
    random = np.random.default_rng(1)
    differences = (random.normal(-0.02, 0.1, 80)).tolist()
    result = sign_flip(differences)
    assert not result.exact
    assert 0 < result.standard_error <= 0.005
    reference = stats.permutation_test(
        (np.array(differences),),
        np.mean,
        permutation_type="samples",
        alternative="less",
        n_resamples=20_000,
        rng=random,
    )
    assert result.worse == pytest.approx(float(reference.pvalue), abs=5 * result.standard_error + 0.01)
    assert sign_flip(differences) == result


def test_no_difference_at_all_is_certain_chance() -> None:
    for nothing in ([], [0.0, 0.0]):
        result = sign_flip(nothing)
        assert (result.worse, result.two_sided, result.exact) == (1.0, 1.0, True)


def test_a_collapse_hidden_by_small_gains_is_seen_where_ranks_are_blind() -> None:
    differences = [0.01] * 46 + [-1.0] * 8
    assert sign_flip(differences).worse < 0.01
    assert float(stats.wilcoxon(differences, alternative="less").pvalue) > 0.5
