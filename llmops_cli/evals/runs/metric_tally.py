"""Counts and means per metric, trial by trial."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judgement import flipped_in
from llmops_cli.evals.measuring.metric_table import tier_of
from llmops_cli.evals.runs.exact_sum import ExactSum
from llmops_cli.evals.runs.metric_summary import MetricSummary

if TYPE_CHECKING:
    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import Case, MetricSpec
    from llmops_cli.evals.job import EvalJob


class MetricTallies:
    """One tally per metric name, the suite's first, then those that single cases add, by name.

    Names are unique within a suite; cases may share the names of the metrics that they add.
    """

    def __init__(self, job: EvalJob) -> None:
        """Begin at zero for the suite's metrics."""
        self._job = job
        self._suite = {spec.name: _Tally(spec) for spec in job.metrics_of_suite()}
        self._cases: dict[str, _Tally] = {}
        self.avoided: Counter[str] = Counter()

    def add(self, case: Case, trial: Trial) -> None:
        """Count one trial."""
        specs = {spec.name: spec for spec in self._job.metrics_of(case)} if case.metrics else {}
        for score in trial.scores:
            tally = self._tally(score.metric, specs)
            tally.values.add(score.value)
            tally.passed += score.passed
            if score.raw is not None:
                tally.raw.add(score.raw)
                tally.unit = score.unit
        for failure in trial.failures:
            tally = self._tally(failure.metric, specs)
            tally.failures += 1
            tally.remember((self._job.places.get(case.id, 0), trial.key.number), failure.reason)
            tally.canaries = tally.canaries or flipped_in(failure)
        for name in trial.aside:
            self._tally(name, specs).only_warns = True
        for name in trial.skipped_metrics:
            tally = self._tally(name, specs)
            tally.skipped += 1
            self.avoided[tier_of(tally.spec).value] += 1

    def summaries(self) -> tuple[MetricSummary, ...]:
        """Return what was counted."""
        own = [tally.summary(cases_only=False) for tally in self._suite.values()]
        added = [self._cases[name].summary(cases_only=True) for name in sorted(self._cases)]
        return (*own, *added)

    def _tally(self, name: str, specs: dict[str, MetricSpec]) -> _Tally:
        tally = self._suite.get(name) or self._cases.get(name)
        if tally is None:
            tally = self._cases[name] = _Tally(specs[name])
        return tally


class _Tally:
    """What is counted of one metric."""

    def __init__(self, spec: MetricSpec) -> None:
        self.spec = spec
        self.values = ExactSum()
        self.raw = ExactSum()
        self.unit = ""
        self.canaries = ""
        self.only_warns = False
        self.passed = self.failures = self.skipped = 0
        self._first_failure: tuple[tuple[int, int], str] | None = None

    def remember(self, place: tuple[int, int], reason: str) -> None:
        """Keep the reason if it is of the first trial, whatever the order in which they finished."""
        if self._first_failure is None or place < self._first_failure[0]:
            self._first_failure = (place, reason)

    def summary(self, *, cases_only: bool) -> MetricSummary:
        if self.canaries:
            # also what was decided without asking: half a metric is none
            self.failures += self.values.count
            self.values, self.raw, self.passed = ExactSum(), ExactSum(), 0
        return MetricSummary(
            name=self.spec.name,
            metric=self.spec.metric,
            tier=tier_of(self.spec).value,
            required=self.spec.required,
            negated=self.spec.negated,
            weight=self.spec.weight,
            measured=self.values.count,
            passed=self.passed,
            failures=self.failures,
            skipped=self.skipped,
            mean=self.values.mean(),
            raw_mean=self.raw.mean(),
            unit=self.unit,
            cases_only=cases_only,
            only_warns=self.only_warns,
            canaries=self.canaries,
            first_failure=self._first_failure[1] if self._first_failure else "",
        )
