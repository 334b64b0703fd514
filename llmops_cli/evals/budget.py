"""What a run has spent, and whether it may begin another call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import CompletionSource
from llmops_cli.evals.runs.run_end import StopReason

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion
    from llmops_cli.evals.job import RunBudget


class BudgetMeter:
    """Counts live calls and their cost; recorded and cached answers are free.

    Calls under way are reckoned at the mean cost so far, so that with a known price the limit is
    overstepped by less than one call, not by as many as run at once.
    """

    def __init__(self, budget: RunBudget, *, paid_usd: float = 0.0, calls: int = 0) -> None:
        """Begin with what an interrupted attempt spent already."""
        self.paid_usd = paid_usd
        self.calls = calls
        self._budget = budget
        self._under_way = 0
        self._unpriced = False

    def stop_reason(self) -> StopReason | None:
        """Return why no other call may begin, or None."""
        limit, most = self._budget.max_cost_usd, self._budget.max_calls
        if most is not None and self.calls + self._under_way >= most:
            return StopReason.MAX_CALLS
        if limit is None:
            return None
        if self._unpriced:
            return StopReason.UNKNOWN_PRICE
        reckoned = self._under_way * (self.paid_usd / self.calls if self.calls else 0.0)
        return StopReason.MAX_COST if self.paid_usd + reckoned >= limit else None

    def add_judging(self, paid_usd: float, unpriced: int) -> None:
        """Judges were paid; their calls are no calls of the prompt's model, their dollars are of the same budget."""
        self.paid_usd += paid_usd
        self._unpriced |= unpriced > 0

    def begin(self) -> None:
        """A call begins."""
        self._under_way += 1

    def end(self, completion: Completion | None) -> None:
        """A call ended, with an answer or without one."""
        self._under_way -= 1
        if completion is None or completion.source is not CompletionSource.LIVE:
            return
        self.calls += 1
        self.paid_usd += completion.cost_usd or 0.0
        self._unpriced |= completion.cost_usd is None
