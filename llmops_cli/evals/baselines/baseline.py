"""The recorded run that changes are compared with: accepted by a person, reviewed in Git, checked for its age."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from math import fsum
from typing import TYPE_CHECKING

from llmops_cli.evals.baselines.baseline_path import baseline_path
from llmops_cli.evals.compare.intervals import Interval
from llmops_cli.evals.compare.student_t import t_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from llmops_cli.evals.compare.aa import SelfComparison
    from llmops_cli.evals.comparing.measured_run import MeasuredRun

OLDEST = timedelta(days=14)
"""Providers change models behind a name; after two weeks the past no longer stands for the present."""

FEWEST_TRIALS = 3
"""Fewer trials say too little about the noise of a model that is not deterministic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who took a run as the baseline: `at` in UTC, `commit` the revision that was measured."""

    at: datetime
    by: str
    commit: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A run that was accepted, with what the suite's own noise does to the gate where that was measured."""

    run: MeasuredRun
    acceptance: Acceptance
    tool_version: str
    self_comparison: SelfComparison | None = None

    @property
    def path(self) -> str:
        """Where the baseline of this prompt is committed."""
        return baseline_path(self.run.prompt_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMean:
    """A metric's mean over the cases, with the 95% t interval over cases (of no width for a single case)."""

    mean: float
    interval: Interval
    cases: int


def metric_means(run: MeasuredRun) -> dict[str, MetricMean]:
    """Return each metric's mean of case means."""
    return {name: _mean_of(cases) for name, cases in sorted(run.scores.items()) if cases}


def stale_reasons(baseline: Baseline, *, now: datetime, models_served: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Say why the stored trials can no longer stand for the present; empty when they can.

    Age matters only where a provider may change what answers: a run whose every metric is deterministic
    (recordings, pinned local weights) does not age.
    """
    reasons = []
    run = baseline.run
    age = now - baseline.acceptance.at
    if age > OLDEST and not run.scores.keys() <= run.deterministic_metrics:
        reasons.append(f"The baseline is {age.days} days old; after {OLDEST.days} it no longer stands for the present.")
    if models_served and run.models_served and set(models_served) != set(run.models_served):
        before, after = ", ".join(run.models_served), ", ".join(sorted(models_served))
        reasons.append(f"The baseline was answered by {before}, now {after} answers.")
    return tuple(reasons)


def scores_nothing(run: MeasuredRun) -> bool:
    """Whether every score is 0: any output would be an improvement over such a baseline."""
    return not any(score for cases in run.scores.values() for trials in cases.values() for score in trials)


def _mean_of(cases: Mapping[str, tuple[float, ...]]) -> MetricMean:
    means = [fsum(trials) / len(trials) for trials in cases.values()]
    mean = fsum(means) / len(means)
    half = 0.0
    if len(means) > 1:
        variance = fsum((value - mean) ** 2 for value in means) / (len(means) - 1)
        half = t_quantile(0.975, len(means) - 1) * math.sqrt(variance / len(means))
    return MetricMean(mean=mean, interval=Interval(max(mean - half, 0.0), min(mean + half, 1.0)), cases=len(means))
