"""Trials that say nothing: the provider failed, or a metric could not measure. They are not failures of the prompt."""

from __future__ import annotations

from dataclasses import dataclass

TOLERATED_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTrials:
    """How many of `trials` were lost after retries, and which critical cases lost one."""

    trials: int
    lost: int = 0
    critical_cases: tuple[str, ...] = ()

    def objection(self) -> str | None:
        """Return why no verdict can rest on this run, or None when the losses do not matter."""
        if self.critical_cases:
            listed = ", ".join(self.critical_cases[:5])
            return f"Critical cases could not be measured: {listed}. Run again; what is done is kept."
        if self.lost > TOLERATED_SHARE * self.trials:
            share = 100 * self.lost / self.trials if self.trials else 100.0
            return (
                f"{self.lost} of {self.trials} trials were lost to errors ({share:.1f}%, tolerated are"
                f" {100 * TOLERATED_SHARE:g}%). Run again with --retry-errors; what is done is kept."
            )
        return None


NOTHING_LOST = LostTrials(trials=0)
