"""How far two or more raters agree beyond chance, with the uncertainty of each figure.

Sources: Cohen (1960) and the large-sample variance of Fleiss, Cohen and Everitt (1969) for kappa; Gwet (2008) for AC1;
Fleiss (1971); Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011) for nominal alpha.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.intervals import Interval
from llmops_cli.evals.compare.student_t import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient with its confidence interval; 1 is perfect, 0 is what chance gives."""

    value: float
    interval: Interval


def cohen_kappa(pairs: Sequence[tuple[str, str]], *, confidence: float = 0.95) -> Agreement:
    """Return Cohen's kappa of two raters with its large-sample interval.

    Raises:
        ValueError: without pairs.
    """
    total = _count(pairs)
    rows, columns = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    share = {pair: number / total for pair, number in Counter(pairs).items()}
    first = {name: number / total for name, number in rows.items()}
    second = {name: number / total for name, number in columns.items()}
    names = sorted({*first, *second})
    observed = math.fsum(share.get((name, name), 0.0) for name in names)
    chance = math.fsum(first.get(name, 0.0) * second.get(name, 0.0) for name in names)
    if chance == 1.0:
        # both raters use one and the same category: nothing can be told from chance
        return Agreement(0.0, Interval(-1.0, 1.0))
    kappa = (observed - chance) / (1 - chance)
    diagonal = math.fsum(
        share.get((n, n), 0.0) * (1 - (first.get(n, 0.0) + second.get(n, 0.0)) * (1 - kappa)) ** 2 for n in names
    )
    off = math.fsum(p * (second.get(a, 0.0) + first.get(b, 0.0)) ** 2 for (a, b), p in share.items() if a != b)
    spread = diagonal + (1 - kappa) ** 2 * off - (kappa - chance * (1 - kappa)) ** 2
    error = math.sqrt(max(spread, 0.0) / total) / (1 - chance)
    return Agreement(kappa, _around(kappa, error, confidence))


def gwet_ac1(pairs: Sequence[tuple[str, str]], *, confidence: float = 0.95) -> Agreement:
    """Return Gwet's AC1 of two raters, which stays steady where nearly all answers are alike, and its interval.

    Raises:
        ValueError: without pairs.
    """
    total = _count(pairs)
    names = sorted(set(chain.from_iterable(pairs)))
    observed = math.fsum(a == b for a, b in pairs) / total
    if len(names) == 1:
        return Agreement(1.0, Interval(_rule_of_three(total), 1.0))
    counts = Counter(chain.from_iterable(pairs))
    mean = {name: counts[name] / (2 * total) for name in names}
    chance = math.fsum(p * (1 - p) for p in mean.values()) / (len(names) - 1)
    value = (observed - chance) / (1 - chance)
    # variance over the items: each one's own coefficient, linearised
    items = [
        ((a == b) - chance) / (1 - chance)
        - 2 * (1 - value) * (((1 - mean[a]) + (1 - mean[b])) / 2 / (len(names) - 1) - chance) / (1 - chance)
        for a, b in pairs
    ]
    spread = math.fsum((item - value) ** 2 for item in items) / (total - 1) if total > 1 else 1.0
    half = t_quantile(0.5 + confidence / 2, total - 1) * math.sqrt(spread / total) if total > 1 else 2.0
    return Agreement(value, Interval(max(value - half, -1.0), min(value + half, 1.0)))


def _count(pairs: Sequence[tuple[str, str]]) -> int:
    if not pairs:
        message = "agreement needs at least one pair of answers"
        raise ValueError(message)
    return len(pairs)


def _around(value: float, error: float, confidence: float) -> Interval:
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * error
    return Interval(max(value - half, -1.0), min(value + half, 1.0))


def _rule_of_three(total: int) -> float:
    """Where nothing was seen to disagree, up to 3/n may."""
    return max(1 - 6 / total, -1.0)
