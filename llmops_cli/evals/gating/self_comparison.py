"""A/A of a run: its own trials dealt out into two arms in which nothing changed, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.evals.compare.aa import SelfComparison, compare_with_itself

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.suites import GatePolicy

SELF_TRIALS = 10
"""Trials per case: both arms can then go to the last look, as a real comparison may."""


def self_comparison_of(passed: Mapping[str, Sequence[bool]], policy: GatePolicy) -> SelfComparison | None:
    """Return what the gate makes of an unchanged prompt on this suite, None with fewer than two trials of a case.

    What is compared is whether each trial met every threshold: the share that people read as the score.
    """
    trials = [tuple(map(float, case)) for case in passed.values()]
    if not trials or min(map(len, trials)) < 2:  # noqa: PLR2004 - two trials can differ
        return None
    return compare_with_itself(
        trials, margin=policy.margin, alpha=policy.alpha, resolution=policy.resolution, looks=policy.looks
    )


def self_comparison_sentence(found: SelfComparison) -> str:
    """Say what a verdict of this suite is worth."""
    interval = found.false_alarm_interval
    drop = found.smallest_visible_drop
    sees = "no drop at all" if drop is None else f"drops from {100 * drop:.0f} points"
    return (
        f"A/A of this suite: with nothing changed the gate blocks {100 * found.false_alarm_rate:.1f}% "
        f"({100 * interval.lower:.1f}…{100 * interval.upper:.1f}%) and is green {100 * found.green_rate:.0f}%; "
        f"it sees {sees}; {100 * found.flip_rate:.1f}% of the answers flip from trial to trial."
    )
