"""How far a run is, as a value for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.runs import Trial
    from llmops_cli.evals.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """The run after one more trial.

    `done` counts the trials with a result, those of an earlier, interrupted attempt (`resumed`)
    included. `paid_usd` and `calls` are of live answers; `eta_seconds` is None until it can be guessed.
    """

    last: Trial
    done: int
    total: int
    resumed: int
    failed: int
    errored: int
    paid_usd: float
    calls: int
    elapsed_seconds: float
    eta_seconds: float | None


Onlooker: TypeAlias = "Callable[[RunProgress], None]"
"""Is told after every finished trial how far the run is."""


class ProgressMeter:
    """Counts trials and tells the onlooker."""

    def __init__(self, *, total: int, resumed: int, clock: Clock, onlooker: Onlooker) -> None:
        """Start the watch; `resumed` trials are done already."""
        self._total = total
        self._resumed = resumed
        self._clock = clock
        self._onlooker = onlooker
        self._started = clock()
        self._fresh = 0
        self._failed = 0
        self._errored = 0

    def tell(self, trial: Trial, *, paid_usd: float, calls: int) -> None:
        """Count one finished trial."""
        self._fresh += 1
        self._errored += trial.errored
        self._failed += not trial.errored and not trial.passed
        elapsed = self._clock() - self._started
        left = max(self._total - self._resumed - self._fresh, 0)
        self._onlooker(
            RunProgress(
                last=trial,
                done=self._resumed + self._fresh,
                total=self._total,
                resumed=self._resumed,
                failed=self._failed,
                errored=self._errored,
                paid_usd=paid_usd,
                calls=calls,
                elapsed_seconds=elapsed,
                eta_seconds=elapsed / self._fresh * left if elapsed > 0 else None,
            )
        )
