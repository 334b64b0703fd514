"""Tail probabilities and quantiles of Student's t distribution, without loading scipy.

The tail is half a regularised incomplete beta function, summed as a continued fraction (modified Lentz
algorithm); the quantile is found by a bracketed Newton iteration on the logarithm of the tail, so that
small tails keep their relative precision. Agrees with scipy to 1e-10 (tests, degrees of freedom 1-1000).
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_SMALL = 1e-300
_PRECISION = 1e-16
_MOST_STEPS = 10_000
_SERIES_FROM = 40.0


def t_upper_tail(t: float, degrees_of_freedom: float) -> float:
    """Return the probability that a t variable exceeds `t`.

    Raises:
        ValueError: when there is less than a positive number of degrees of freedom.
    """
    _check_degrees(degrees_of_freedom)
    if t < 0:
        return 1.0 - t_upper_tail(-t, degrees_of_freedom)
    if math.isinf(t):
        return 0.0
    half = degrees_of_freedom / 2
    ratio = t * t / degrees_of_freedom
    far, near = 1 / (1 + ratio), ratio / (1 + ratio)
    log_front = _log_gamma_step(half) - half * math.log1p(ratio) - 0.5 * math.log(math.pi)
    if far < (half + 1) / (half + 2.5):
        front = math.exp(log_front + 0.5 * math.log(near))
        return front * _continued_fraction(half, 0.5, far) / half / 2
    # close to the centre the fraction converges for the complement
    front = math.exp(log_front) * math.sqrt(near)
    return 0.5 - front * _continued_fraction(0.5, half, near)


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return the value that a t variable stays below with `probability`.

    With no degrees of freedom nothing is known: the quantile is infinite.

    Raises:
        ValueError: when the probability is not strictly between 0 and 1, or the degrees are negative.
    """
    if not 0 < probability < 1:
        message = f"a probability lies between 0 and 1, not at {probability}"
        raise ValueError(message)
    if degrees_of_freedom == 0:
        return math.copysign(math.inf, probability - 0.5)
    _check_degrees(degrees_of_freedom)
    if probability == 0.5:  # noqa: PLR2004 - the median
        return 0.0
    if probability < 0.5:  # noqa: PLR2004 - the lower half mirrors the upper
        return -_upper_quantile(probability, degrees_of_freedom)
    return _upper_quantile(1 - probability, degrees_of_freedom)


def _upper_quantile(tail: float, degrees: float) -> float:
    low, high = 0.0, 1.0
    while t_upper_tail(high, degrees) > tail:
        low, high = high, high * 4
    t = min(max(-NormalDist().inv_cdf(tail), low), high)
    for _ in range(200):
        found = t_upper_tail(t, degrees)
        low, high = (t, high) if found > tail else (low, t)
        if found == tail:
            return t
        following = t + found * math.log(found / tail) / _density(t, degrees)
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - t) <= _PRECISION * max(1.0, t) * 4:
            return following
        t = following
    return t


def _density(t: float, degrees: float) -> float:
    half = degrees / 2
    log_density = _log_gamma_step(half) - (half + 0.5) * math.log1p(t * t / degrees)
    return math.exp(log_density) / math.sqrt(degrees * math.pi)


def _log_gamma_step(x: float) -> float:
    """Return log Γ(x + ½) - log Γ(x); the difference of two large logarithms would lose digits."""
    if x < _SERIES_FROM:
        return math.lgamma(x + 0.5) - math.lgamma(x)
    # asymptotic series (NIST DLMF 5.11.13 with a = 1/2, b = 0, taken as a logarithm)
    return 0.5 * math.log(x) - 1 / (8 * x) + 1 / (192 * x**3) - 1 / (640 * x**5) + 17 / (14336 * x**7)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function (NIST DLMF 8.17.22)."""
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for step in range(1, _MOST_STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for numerator in (even, odd):
            d = 1 / _away_from_zero(1 + numerator * d)
            c = _away_from_zero(1 + numerator / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION * 2:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL


def _check_degrees(degrees_of_freedom: float) -> None:
    if not degrees_of_freedom > 0:
        message = f"a t distribution needs a positive number of degrees of freedom, not {degrees_of_freedom}"
        raise ValueError(message)
