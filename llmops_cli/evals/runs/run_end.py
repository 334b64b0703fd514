"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopReason(StrEnum):
    """Why a run stopped before its last trial; what is done is kept, and the verdict is inconclusive."""

    MAX_COST = "max_cost_usd was reached"
    MAX_CALLS = "max_calls was reached"
    UNKNOWN_PRICE = "a price is unknown, so max_cost_usd cannot be kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """What one call of `evaluate` did: trials run now and before, live calls, and why it stopped early, if it did."""

    run_now: int
    resumed: int
    calls: int
    paid_usd: float
    stopped: StopReason | None = None

    @property
    def complete(self) -> bool:
        """Whether every planned trial has a result."""
        return self.stopped is None
