"""Confirmed hard breaks: single cases that worked and now do not, found even where the average hides them."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIRMED_AHEAD = 3
"""Failures minus passes at which a break counts as confirmed."""

MOST_TRIALS = 7
"""Past this many trials of one case no more are spent on confirming."""

BLOCKS_FROM = 2
"""One case may be lost to a change that is right on the whole; two are a pattern."""

ONE_CHANCE_IN = 20
"""A change that mends cases as well trades some for others; breaks must outnumber mends by more than chance would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardBreak:
    """A case that mostly passed under the baseline and fails under the candidate."""

    case_id: str
    baseline_passes: int
    baseline_trials: int
    candidate_failures: int
    candidate_trials: int

    def __str__(self) -> str:
        """Read as `order-17 fails 3/3 (baseline passes 5/5)`."""
        return (
            f"{self.case_id} fails {self.candidate_failures}/{self.candidate_trials}"
            f" (baseline passes {self.baseline_passes}/{self.baseline_trials})"
        )


def confirmed_breaks(
    base: Mapping[str, Sequence[bool]], candidate: Mapping[str, Sequence[bool]]
) -> tuple[HardBreak, ...]:
    """Return the confirmed breaks among the cases of both arms, by case id."""
    return tuple(
        HardBreak(
            case_id=case_id,
            baseline_passes=sum(base[case_id]),
            baseline_trials=len(base[case_id]),
            candidate_failures=len(trials) - sum(trials),
            candidate_trials=len(trials),
        )
        for case_id, trials in sorted(candidate.items())
        if _worked(base.get(case_id, ())) and _ahead(trials) >= CONFIRMED_AHEAD
    )


def suspected_breaks(base: Mapping[str, Sequence[bool]], candidate: Mapping[str, Sequence[bool]]) -> tuple[str, ...]:
    """Return the cases that fail more than they pass but not yet often enough: one more trial each would tell."""
    return tuple(
        case_id
        for case_id, trials in sorted(candidate.items())
        if _worked(base.get(case_id, ())) and 0 < _ahead(trials) < CONFIRMED_AHEAD and len(trials) < MOST_TRIALS
    )


def mended_cases(base: Mapping[str, Sequence[bool]], candidate: Mapping[str, Sequence[bool]]) -> tuple[str, ...]:
    """Return the cases that mostly failed under the baseline and mostly pass under the candidate."""
    return tuple(
        case_id
        for case_id, trials in sorted(candidate.items())
        if base.get(case_id) and _ahead(base[case_id]) > 0 and _worked(trials)
    )


def breaks_block(breaks: int, mends: int) -> bool:
    """Whether this many confirmed breaks are a regression by themselves.

    Where nothing was mended, two are. Where cases were mended too, the breaks must be more than a fair
    coin would make of an exchange (exact one-sided sign test): docs/decisions/0002-broken-and-mended.md.
    """
    if breaks - mends < BLOCKS_FROM:
        return False
    changed = breaks + mends
    at_least_as_many = sum(comb(changed, count) for count in range(breaks, changed + 1))
    return mends == 0 or at_least_as_many * ONE_CHANCE_IN <= 2**changed


def _worked(trials: Sequence[bool]) -> bool:
    return 2 * sum(trials) > len(trials)


def _ahead(trials: Sequence[bool]) -> int:
    return len(trials) - 2 * sum(trials)
