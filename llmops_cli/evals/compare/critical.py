"""Critical cases: must-haves that are not averaged but confirmed, one by one.

Five critical cases that are 95% reliable fail in 22.6% of single runs; confirmed failures block 1.2%.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY_CRITICAL_CASES = 20


class CriticalState(StrEnum):
    """What the trials of one critical case come to so far; `rerun` asks for one more."""

    OK = "ok"
    FLAKY = "flaky"
    RERUN = "rerun"
    BROKEN = "broken"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalRule:
    """A case is broken when failures are `net` ahead of passes; after `most_trials` it stays unsettled."""

    net: int = 2
    most_trials: int = 5


def critical_rule(critical_cases: int) -> CriticalRule:
    """Return the rule for a suite: above 20 critical cases one more failure is asked for, so that few are unlucky."""
    if critical_cases > MANY_CRITICAL_CASES:
        return CriticalRule(net=3, most_trials=7)
    return CriticalRule()


def critical_state(trials: Sequence[bool], rule: CriticalRule | None = None) -> CriticalState:
    """Return the state after `trials` (passed or not), in the order in which they ran.

    Once broken a case stays broken, whatever luck follows.
    """
    rule = rule or CriticalRule()
    ahead = 0
    for passed in trials:
        ahead += -1 if passed else 1
        if ahead >= rule.net:
            return CriticalState.BROKEN
    if not trials:
        return CriticalState.RERUN
    if all(trials):
        return CriticalState.OK
    if ahead <= 0:
        return CriticalState.FLAKY
    return CriticalState.RERUN if len(trials) < rule.most_trials else CriticalState.UNSETTLED
