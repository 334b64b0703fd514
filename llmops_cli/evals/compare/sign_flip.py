"""The sign-flip permutation test of paired differences: how often chance alone gives a mean this low.

If nothing changed, each difference is as likely to be its own negative; so all 2^n ways to flip the signs
are equally likely. They are counted exactly wherever few enough different sums occur (always up to 16
differences, and for any number of pass/fail cases); else a seeded sample of flips is drawn, and its standard
error is part of the result. The test is about means: ranks would not see one case that collapses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID = 10**6
"""Differences are counted in millionths: what only rounding tells apart is no difference, and equal sums are equal."""

MOST_SUMS = 1 << 17
SAMPLED_FLIPS = 9_999
_CHUNK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlip:
    """`worse`: the chance of a mean at most as high as the one seen; `two_sided`: of one at least as far from 0.

    `standard_error` is 0 when the flips were counted, else the largest error that sampling them leaves.
    """

    worse: float
    two_sided: float
    exact: bool
    standard_error: float


def sign_flip(differences: Sequence[float], *, seed: int = 20_261_123) -> SignFlip:
    """Test whether the mean of `differences` is lower than chance would have it; zeros say nothing."""
    steps = [value for value in (round(difference * GRID) for difference in differences) if value]
    counted = _distribution(steps)
    observed = sum(steps)
    if counted is None:
        return _sampled(steps, observed, Random(seed))  # noqa: S311 - a simulation, not a secret
    flips = 2 ** len(steps)
    worse = sum(count for total, count in counted.items() if total <= observed)
    far = sum(count for total, count in counted.items() if abs(total) >= abs(observed))
    return SignFlip(worse=worse / flips, two_sided=far / flips, exact=True, standard_error=0.0)


def _distribution(steps: Sequence[int]) -> dict[int, int] | None:
    """Count for every sum how many of the flips give it; None when there are too many sums."""
    counts = {0: 1}
    for step in steps:
        following: dict[int, int] = {}
        for total, count in counts.items():
            for flipped in (total + step, total - step):
                following[flipped] = following.get(flipped, 0) + count
        if len(following) > MOST_SUMS:
            return None
        counts = following
    return counts


def _sampled(steps: Sequence[int], observed: int, random: Random) -> SignFlip:
    tables = [_sums_of_chunk(steps[start : start + _CHUNK]) for start in range(0, len(steps), _CHUNK)]
    worse = far = 0
    for _ in range(SAMPLED_FLIPS):
        pattern = random.randbytes(len(tables))
        total = sum(table[byte] for table, byte in zip(tables, pattern, strict=True))
        worse += total <= observed
        far += abs(total) >= abs(observed)
    # the flip that was observed is one of those that can occur, so no p-value is 0
    drawn = SAMPLED_FLIPS + 1
    shares = ((worse + 1) / drawn, (far + 1) / drawn)
    error = max(math.sqrt(share * (1 - share) / drawn) for share in shares)
    return SignFlip(worse=shares[0], two_sided=shares[1], exact=False, standard_error=error)


def _sums_of_chunk(steps: Sequence[int]) -> list[int]:
    """Return the sum under each of the 256 sign patterns of up to eight differences."""
    return [sum(step if byte >> bit & 1 else -step for bit, step in enumerate(steps)) for byte in range(256)]
