"""The Wilson score interval of a share (Wilson 1927)."""

from __future__ import annotations

import math
from statistics import NormalDist

from llmops_cli.evals.compare.intervals import Interval


def wilson_interval(hits: int, of: int, *, confidence: float = 0.95) -> Interval:
    """Return the two-sided interval of a share; nothing seen says nothing: [0, 1]."""
    if of == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / of
    shrink = 1 + z * z / of
    centre = (share + z * z / (2 * of)) / shrink
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / shrink
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))
