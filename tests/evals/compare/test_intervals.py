"""The population interval and the needed numbers, against published values."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from llmops_cli.evals.compare.gate import decide
from llmops_cli.evals.compare.resolution import cases_to_show

# Cavo et al. (2012), complete response before and after consolidation therapy: of 161 patients 16 changed
# one way and 6 the other. Published Bonett-Price interval (Fagerland, Lydersen and Laake 2014; also R's
# `contingencytables`): -0.1195 to -0.0032.
CAVO_BASE = [[1.0]] * (59 + 16) + [[0.0]] * (6 + 80)
CAVO_AFTER = [[1.0]] * 59 + [[0.0]] * 16 + [[1.0]] * 6 + [[0.0]] * 80


def test_the_population_interval_is_bonett_and_price_with_a_t_quantile() -> None:
    ours = decide(CAVO_BASE, CAVO_AFTER, alpha=0.025, looks=(1,)).population_interval
    centre = (ours.lower + ours.upper) / 2
    half = (ours.upper - ours.lower) / 2
    # they divide by N and take the normal quantile; we divide by N - 1 and take Student's
    published_half = half / float(stats.t.ppf(0.975, 160)) * math.sqrt(162 / 163) * float(stats.norm.ppf(0.975))
    assert round(centre - published_half, 4) == -0.1195
    assert round(centre + published_half, 4) == -0.0032


@pytest.mark.parametrize(("margin", "cases"), [(0.02, 116), (0.03, 77), (0.05, 47), (0.10, 23), (0.15, 16), (0.20, 12)])
def test_the_cases_that_rule_out_a_production_drop_when_nothing_changed(margin: float, cases: int) -> None:
    def rules_out(count: int) -> bool:
        same = [[1.0] * 5] * count
        return decide(same, same, alpha=0.05, looks=(5,)).population_interval.lower > -margin

    assert rules_out(cases)
    assert not rules_out(cases - 1)


@pytest.mark.parametrize(
    ("margin", "row"),
    [
        (0.03, [344, 687, 1031, 1374, 2061]),
        (0.05, [124, 248, 371, 495, 742]),
        (0.10, [31, 62, 93, 124, 186]),
        (0.15, [14, 28, 42, 55, 83]),
    ],
)
def test_the_cases_that_show_no_drop_with_80_percent_power(margin: float, row: list[int]) -> None:
    assert [cases_to_show(margin, share) for share in (0.05, 0.10, 0.15, 0.20, 0.30)] == row
