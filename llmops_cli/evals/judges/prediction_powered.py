"""A pass rate from many judged answers and a few human labels: PPI++ (Angelopoulos, Duchi, Zrnic 2023).

The judge's mean over all answers is corrected by how far it is off where a person labelled too. The weight of the judge
is tuned so that a useless one is ignored. Labels must be drawn at random from what was judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.intervals import Interval
from llmops_cli.evals.compare.student_t import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH_FOR_NORMAL = 1000
"""Labels from which the t quantile and the normal one are the same."""


@dataclass(frozen=True, slots=True)
class CorrectedMean:
    """The corrected mean with its interval; `weight` is how much the judge was trusted, 0 to 1."""

    value: float
    interval: Interval
    weight: float


def ppi_mean(
    labels: Sequence[float],
    judged: Sequence[float],
    others: Sequence[float],
    *,
    confidence: float = 0.95,
    weight: float | None = None,
    small_sample: bool = True,
) -> CorrectedMean:
    """Return the mean of the human score over all answers.

    `labels` and `judged` are the person's and the judge's scores of the same labelled answers, `others` the judge's of
    the answers without a label. With `small_sample` the interval has Student's quantile: the normal one is too narrow
    for fewer than a hundred labels.

    Raises:
        ValueError: when labels and judgements are not of the same answers, or fewer than two.
    """
    n, m = len(labels), len(others)
    if n != len(judged) or n < 2:  # noqa: PLR2004 - a variance needs two
        message = "at least two answers that both a person and the judge scored are needed"
        raise ValueError(message)
    trust = (_tuned(labels, judged, others) if weight is None else weight) if m else 0.0
    correction = [y - trust * f for y, f in zip(labels, judged, strict=True)]
    value = _mean(correction) + (trust * _mean(others) if m else 0.0)
    error = math.sqrt(_variance(correction) / n + (trust * trust * _variance(others) / m if m else 0.0))
    tail = 0.5 + confidence / 2
    use_t = small_sample and n < ENOUGH_FOR_NORMAL
    quantile = t_quantile(tail, n - 1) if use_t else NormalDist().inv_cdf(tail)
    return CorrectedMean(value, Interval(value - quantile * error, value + quantile * error), trust)


def _tuned(labels: Sequence[float], judged: Sequence[float], others: Sequence[float]) -> float:
    """Return the weight with the least variance, between 0 and 1."""
    n, m = len(labels), len(others)
    everything = [*judged, *others]
    spread = _variance(everything)
    if spread == 0:
        return 0.0
    mean_y, mean_f = _mean(labels), _mean(judged)
    together = math.fsum((y - mean_y) * (f - mean_f) for y, f in zip(labels, judged, strict=True)) / n
    return min(max(together / ((1 + n / m) * spread), 0.0), 1.0)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values)
