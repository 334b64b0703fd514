"""The procedure of the gate, written a second time and in another way: as vectors, with numpy and scipy.

It was written from the text of the procedure alone, before its author read `llmops_cli.evals.compare`, so that a
mistake would have to be made twice to stay unseen. It is slow, knows no report and gives a verdict, not reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

Trials: TypeAlias = "Sequence[Sequence[float]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceDecision:
    """What the reference says; intervals of one change are NaN where they have no degree of freedom."""

    verdict: str
    drop: float
    suite: tuple[float, float]
    population: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRules:
    """The numbers of the policy, with the defaults of the text."""

    margin: float = 0.05
    alpha: float = 0.05
    resolution: float = 0.15
    kind: str = "binary"
    cluster: Sequence[object] | None = None
    final: bool = True


def reference_decide(base: Trials, cand: Trials, rules: ReferenceRules) -> ReferenceDecision:
    """Decide as the text of the procedure says, looks 1, 2, 3, 5 being planned."""
    share = rules.alpha / 2.5
    base_means = np.array([np.mean(trials) for trials in base], dtype=float)
    cand_means = np.array([np.mean(trials) for trials in cand], dtype=float)
    base_counts = np.array([len(trials) for trials in base], dtype=float)
    cand_counts = np.array([len(trials) for trials in cand], dtype=float)
    changes = cand_means - base_means
    drop = float(changes.mean())

    # the text knows one number of trials for all cases; where trials were lost, the whole average counts here:
    # extra trials of a few cases must not make the noise of all the others look known
    looks = int(cand_counts.sum() // len(cand))
    base_noise = _pooled([base])
    cand_noise = _pooled([cand])
    if looks == 1:
        cand_noise = max(base_noise, float((changes**2).mean()))
    elif looks == 2:
        cand_noise = max(cand_noise, _pooled([base, cand]))
    error = math.sqrt(float((base_noise / base_counts + cand_noise / cand_counts).sum())) / len(changes)
    suite = _interval(drop, error, share, len(changes) - 1)

    units = changes if rules.cluster is None else _cluster_totals(changes, rules.cluster)
    pseudo = 1.0 if rules.kind == "binary" else 0.5
    padded = np.append(units, [pseudo, -pseudo])
    spread = float(padded.std(ddof=1)) / math.sqrt(len(padded))
    population = _interval(float(padded.mean()), spread, share, len(padded) - 3)

    enough = cand_counts.sum() >= 3 / rules.margin - 1e-9
    if suite[0] > -rules.margin and population[0] > -rules.resolution and enough:
        verdict = "pass"
    elif (suite[1] < 0 and drop < -rules.margin) or population[1] < 0:
        verdict = "block"
    else:
        verdict = "inconclusive" if rules.final else "continue"
    return ReferenceDecision(verdict=verdict, drop=drop, suite=suite, population=population)


def _pooled(arms: Sequence[Trials]) -> float:
    squares = sum(
        float(((np.asarray(trials, dtype=float) - np.mean(trials)) ** 2).sum()) for arm in arms for trials in arm
    )
    freedom = sum(len(trials) - 1 for arm in arms for trials in arm)
    return (squares + 0.25) / (freedom + 1)


def _interval(centre: float, error: float, share: float, freedom: int) -> tuple[float, float]:
    if freedom < 1:
        return math.nan, math.nan
    half = float(stats.t.ppf(1 - share, freedom)) * error
    return centre - half, centre + half


def _cluster_totals(changes: np.ndarray, cluster: Sequence[object]) -> np.ndarray:
    names = list(dict.fromkeys(cluster))
    totals = np.zeros(len(names))
    for name, change in zip(cluster, changes, strict=True):
        totals[names.index(name)] += change
    return totals * len(names) / len(changes)
