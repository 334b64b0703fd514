"""One metric over a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary:
    """One metric over all trials.

    `mean` is the mean score of the trials it measured, None when there are none; `failures` are trials
    it could not measure, `skipped` those where a cheaper tier had decided already. `raw_mean` is in
    `unit`, where the metric has one. `cases_only` tells a metric that single cases add. `only_warns` tells a judge
    without a licence, which is part of no score and no verdict; `canaries` says which of a judge's canaries came out
    wrong, in which case nothing that it said counts. `first_failure` is why it could not measure the first trial, in
    the suite's order, of those that it could not; untrusted text, which `run.json` leaves to the journal.
    """

    name: str
    metric: str
    tier: str
    required: bool
    negated: bool
    weight: float
    measured: int
    passed: int
    failures: int
    skipped: int
    mean: float | None
    raw_mean: float | None = None
    unit: str = ""
    cases_only: bool = False
    only_warns: bool = False
    canaries: str = ""
    first_failure: str = ""

    @property
    def failed(self) -> int:
        """Trials that the metric measured and found wanting."""
        return self.measured - self.passed

    @property
    def pass_rate(self) -> float | None:
        """The share of measured trials that passed."""
        return self.passed / self.measured if self.measured else None

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {
            "canaries": self.canaries,
            "cases_only": self.cases_only,
            "failures": self.failures,
            "mean": self.mean,
            "measured": self.measured,
            "metric": self.metric,
            "name": self.name,
            "not": self.negated,
            "only_warns": self.only_warns,
            "passed": self.passed,
            "raw_mean": self.raw_mean,
            "required": self.required,
            "skipped": self.skipped,
            "tier": self.tier,
            "unit": self.unit,
            "weight": self.weight,
        }
