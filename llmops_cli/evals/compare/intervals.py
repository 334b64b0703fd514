"""The two intervals of the gate: for these cases, and for the traffic that they stand for."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from llmops_cli.evals.compare.student_t import t_quantile, t_upper_tail

if TYPE_CHECKING:
    from llmops_cli.evals.compare.pairing import Pairing

PSEUDO_DIFFERENCE = {"binary": 1.0, "score": 0.5}
"""Two imagined cases, one better and one worse by this much, keep the population interval from having no width."""


class Interval(NamedTuple):
    """A range of score differences; both ends are fractions of the score scale."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An average with the standard error that its t interval is made from."""

    centre: float
    error: float
    freedom: int

    def interval(self, alpha: float) -> Interval:
        """Return the range that leaves `alpha` outside at either end."""
        half = t_quantile(1 - alpha, self.freedom) * self.error
        return Interval(self.centre - half, self.centre + half)

    def drop_p_value(self) -> float:
        """Return the smallest alpha at which the interval lies below zero."""
        if self.freedom == 0:
            return 1.0
        return t_upper_tail(-self.centre / self.error, self.freedom)


def suite_estimate(pairing: Pairing, base_variance: float, candidate_variance: float) -> Estimate:
    """Return the mean change on these very cases; only the noise from trial to trial is uncertain."""
    cases = pairing.cases
    spread = base_variance * _sum_of_inverses(pairing.base.counts)
    spread += candidate_variance * _sum_of_inverses(pairing.candidate.counts)
    return Estimate(
        centre=math.fsum(pairing.differences) / cases,
        error=math.sqrt(spread) / cases,
        freedom=cases - 1,
    )


def population_estimate(pairing: Pairing, kind: str) -> Estimate:
    """Return the mean change on the traffic these cases stand for, after Bonett and Price.

    Two pseudo-cases are appended before the t interval is taken, so that a suite in which nothing
    changed still has a width. Cases of one cluster count as one, weighted by its size.
    """
    units = independent_differences(pairing)
    pseudo = PSEUDO_DIFFERENCE[kind]
    number = len(units) + 2
    centre = math.fsum(units) / number
    squares = math.fsum((unit - centre) ** 2 for unit in (*units, pseudo, -pseudo))
    return Estimate(centre=centre, error=math.sqrt(squares / (number - 1) / number), freedom=number - 3)


def independent_differences(pairing: Pairing) -> tuple[float, ...]:
    """Return one difference per case, or per cluster where there are clusters.

    A cluster's is its mean times its size over the average size, so that the plain mean over clusters
    is the mean over cases.
    """
    differences = pairing.differences
    if pairing.clusters is None:
        return differences
    members: defaultdict[object, list[float]] = defaultdict(list)
    for label, difference in zip(pairing.clusters, differences, strict=True):
        members[label].append(difference)
    scale = len(members) / len(differences)
    return tuple(math.fsum(group) * scale for group in members.values())


def _sum_of_inverses(counts: tuple[int, ...]) -> float:
    return math.fsum(1 / count for count in counts)
