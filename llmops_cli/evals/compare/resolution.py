"""What would decide: how many trials, how many cases, and which drop a suite can see at all."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.student_t import t_quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.evals.compare.evidence import Evidence

POWER = 0.8
USUAL_CHANGES = (0.05, 0.15)
"""The share of cases whose verdict an ordinary edit or model bump changes (LiveBench version bumps: 12-19%)."""

MOST_CASES = 1_000_000


def trials_needed(evidence: Evidence) -> int | None:
    """Return the candidate trials per case at which the suite interval would decide, if nothing else changes.

    None when no number of them would: the drop sits on the margin, or the baseline's own noise is too large.
    """
    pairing = evidence.pairing
    room = evidence.suite.centre + evidence.margin
    if room < 0:
        room = -evidence.suite.centre
    quantile = t_quantile(1 - evidence.alpha_per_look, evidence.suite.freedom)
    of_baseline = evidence.base_variance * math.fsum(1 / k for k in pairing.base.counts) / pairing.cases**2
    left = (room / quantile) ** 2 - of_baseline
    if left <= 0:
        return None
    return math.floor(evidence.candidate_variance / pairing.cases / left) + 1


def cases_needed(evidence: Evidence) -> int | None:
    """Return the independent cases at which a production drop of the resolution would be ruled out.

    More cases of the kind seen so far: the same mean change, the same spread. None when even endless
    cases would not do, because the measured drop is as large as the resolution.
    """
    units = evidence.population.freedom + 1
    number = units + 2
    mean = evidence.population.centre * number / units
    if mean <= -evidence.resolution:
        return None
    total = (evidence.population.error**2 * number * (number - 1)) + number * evidence.population.centre**2
    square = max(total - 2 * evidence.pseudo_difference**2, 0.0) / units

    def rules_out(count: int) -> bool:
        centre = mean * count / (count + 2)
        squares = square * count + 2 * evidence.pseudo_difference**2 - (count + 2) * centre**2
        error = math.sqrt(max(squares, 0.0) / (count + 1) / (count + 2))
        return centre - t_quantile(1 - evidence.alpha_per_look, count - 1) * error > -evidence.resolution

    return _first_count(rules_out)


def cases_to_show(drop: float, share_changing: float, alpha: float = 0.05) -> int:
    """Return the cases that show there is no production drop as large as `drop`, with 80% power.

    `share_changing` is the share of cases whose verdict differs between two equally good versions.
    """
    normal = NormalDist()
    return math.ceil((normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)) ** 2 * share_changing / drop**2 - 1e-9)


def smallest_seen_drop(evidence: Evidence) -> float:
    """Return the smallest production drop that this look rules out, as a fraction of the scale."""
    return -evidence.population_interval.lower


def _first_count(holds: Callable[[int], bool]) -> int | None:
    high = 2
    while not holds(high):
        high *= 2
        if high > MOST_CASES:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
