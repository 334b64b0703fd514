"""Two arms of trials, paired case by case and checked; the sums that everything else is made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import mul
from typing import TypeAlias

Trials: TypeAlias = "Sequence[Sequence[float]] | Mapping[str, Sequence[float]]"
"""Per case the scores of its trials in [0, 1] (pass and fail are 1 and 0): by position, or by case id.

Lists, tuples and arrays are all good, and so is any number: bool, int, float, and numpy's own.
"""

Clusters: TypeAlias = "Sequence[object] | Mapping[str, object] | None"
"""Per case the cluster it belongs to (a document, a conversation); None or an empty text: a cluster of its own.

By position (the baseline's order, where arms are by case id) or by case id.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One side of the comparison: per case its mean and its number of trials.

    `squares` is the sum of squared deviations of all trials from the mean of their case.
    """

    means: tuple[float, ...]
    counts: tuple[int, ...]
    squares: float

    @property
    def trials(self) -> int:
        """The number of trials of all cases together."""
        return sum(self.counts)

    @property
    def freedom(self) -> int:
        """How many of the trials say something about the spread within a case."""
        return self.trials - len(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The same cases under the baseline and under the candidate."""

    base: Arm
    candidate: Arm
    clusters: tuple[object, ...] | None

    @property
    def cases(self) -> int:
        """The number of pairs."""
        return len(self.base.means)

    @property
    def differences(self) -> tuple[float, ...]:
        """Per case the mean of the candidate minus the mean of the baseline."""
        return tuple(c - b for b, c in zip(self.base.means, self.candidate.means, strict=True))


def pair(base: Trials, candidate: Trials, clusters: Clusters = None) -> Pairing:
    """Check both arms and pair them.

    Raises:
        ValueError: when the arms hold different cases, a case has no trial, or a score is not a number
            in [0, 1]; the message names the case.
    """
    names, base_rows, candidate_rows = _aligned(base, candidate)
    return Pairing(
        base=_arm(base_rows, names, "baseline"),
        candidate=_arm(candidate_rows, names, "candidate"),
        clusters=_labels(clusters, names),
    )


def _aligned(
    base: Trials, candidate: Trials
) -> tuple[Sequence[object], Sequence[Sequence[float]], Sequence[Sequence[float]]]:
    if isinstance(base, Mapping) and isinstance(candidate, Mapping):
        if base.keys() != candidate.keys():
            odd = sorted(map(str, base.keys() ^ candidate.keys()))
            message = f"both arms need the same cases; only one of them has {', '.join(odd[:5])}"
            raise ValueError(message)
        names = list(base)
        return names, [base[name] for name in names], [candidate[name] for name in names]
    if isinstance(base, Mapping) or isinstance(candidate, Mapping):
        message = "give both arms by case id, or both by position"
        raise ValueError(message)  # noqa: TRY004 - one error for every wrong input
    base_rows, candidate_rows = list(base), list(candidate)
    if len(base_rows) != len(candidate_rows):
        message = f"the baseline has {len(base_rows)} cases and the candidate {len(candidate_rows)}"
        raise ValueError(message)
    return range(len(base_rows)), base_rows, candidate_rows


def _arm(rows: Sequence[Sequence[float]], names: Sequence[object], label: str) -> Arm:
    try:
        return _summed(rows)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(_complaint(rows, names, label)) from error


def _summed(rows: Sequence[Sequence[float]]) -> Arm:
    counts = tuple(map(len, rows))
    # fsum rounds once, so that neither the order of cases nor that of trials changes a digit
    sums = tuple(map(math.fsum, rows))
    # numbers of 16 or 32 bits would be squared, and rounded, as such
    flat = list(map(float, chain.from_iterable(rows)))
    if not all(counts) or math.isnan(math.fsum(sums)) or (flat and not (min(flat) >= 0 and max(flat) <= 1)):
        raise ValueError
    means = tuple(total / count for total, count in zip(sums, counts, strict=True))
    squares = math.fsum(map(mul, flat, flat)) - math.fsum(map(mul, sums, means))
    return Arm(means=means, counts=counts, squares=max(squares, 0.0))


def _complaint(rows: Sequence[Sequence[float]], names: Sequence[object], label: str) -> str:
    """Find the first case that is wrong and say so; only called when one is."""
    for name, row in zip(names, rows, strict=True):
        if not hasattr(row, "__iter__") or not hasattr(row, "__len__") or isinstance(row, (str, bytes, Mapping)):
            return f"{label}, case {name}: give a list of trials, not {row!r}"
        if len(row) == 0:
            return f"{label}, case {name}: there is no trial"
        for score in row:
            if not _is_score(score):
                return f"{label}, case {name}: a score is a number from 0 to 1, not {score!r}"
    return f"{label}: the trials cannot be read"


def _is_score(score: object) -> bool:
    if isinstance(score, (str, bytes)) or not hasattr(score, "__float__"):
        return False
    return 0 <= float(score) <= 1


def _labels(clusters: Clusters, names: Sequence[object]) -> tuple[object, ...] | None:
    if clusters is None:
        return None
    if isinstance(clusters, Mapping):
        by_id: dict[object, object] = dict(clusters.items())
        labels = tuple(by_id.get(name, by_id.get(str(name))) for name in names)
    else:
        labels = tuple(clusters)
        if len(labels) != len(names):
            message = f"there are {len(names)} cases but {len(labels)} cluster labels"
            raise ValueError(message)
    # a label nobody else can have keeps a case without a cluster by itself
    return tuple((index,) if _is_blank(label) else label for index, label in enumerate(labels))


def _is_blank(label: object) -> bool:
    return label is None or label == ""
