"""From a journal to a summary: one pass, memory for one number per trial and nothing per answer."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from typing import TYPE_CHECKING

from llmops_cli.core.completions import CompletionSource, Usage
from llmops_cli.core.scores import Tier
from llmops_cli.evals.judges.judge_spending import JudgeTally
from llmops_cli.evals.runs.exact_sum import ExactSum
from llmops_cli.evals.runs.latency_histogram import LatencyHistogram
from llmops_cli.evals.runs.metric_tally import MetricTallies
from llmops_cli.evals.runs.summary import CaseCounts, RunSummary, Spending, TrialCounts
from llmops_cli.evals.runs.trials_to_show import TrialsToShow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmops_cli.core.completions import Completion
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry

TRIALS_SHOWN = 200
"""Failing and errored trials that a summary keeps whole: all of most suites, and what memory can hold of the rest."""

_MISSING, _ERRORED, _FAILED, _PASSED = 0, 1, 2, 3


def summarize(
    job: EvalJob, entries: Iterable[JournalEntry], *, stopped: str = "", trials_to_show: int = TRIALS_SHOWN
) -> RunSummary:
    """Return the summary of the job's trials among `entries` (`journal.read_entries`).

    The order of the entries does not matter. `stopped` says why the run ended early, where it did.
    """
    builder = SummaryBuilder(job, trials_to_show=trials_to_show)
    for entry in entries:
        builder.add(entry)
    return builder.summary(stopped=stopped)


class SummaryBuilder:
    """What `summarize` does, entry by entry: for who reads a journal once and makes several things of it."""

    def __init__(self, job: EvalJob, *, trials_to_show: int = 20) -> None:
        """Begin with nothing; the arguments are those of `summarize`."""
        self._job = job
        self._outcomes = _Outcomes(job)
        self._spending = _Spending()
        self._tallies = MetricTallies(job)
        self._judging = JudgeTally()
        self._shown = TrialsToShow(job.cases, limit=trials_to_show)

    def add(self, entry: JournalEntry) -> None:
        """Count one entry, unless it is of a trial that the job does not have."""
        trial = entry.trial
        index = self._job.places.get(trial.key.case_id)
        if index is None or trial.key.number >= self._job.repeats:
            return
        self._outcomes.add(index, entry)
        self._tallies.add(self._job.cases[index], trial)
        self._shown.add(index, trial)
        self._judging.add(trial)
        if trial.completion is not None:
            self._spending.add(trial.completion)

    def summary(self, *, stopped: str = "") -> RunSummary:
        """Return the summary of the entries so far."""
        job, outcomes, spending, tallies = self._job, self._outcomes, self._spending, self._tallies
        return RunSummary(
            identity=job.identity,
            prompt_id=job.prompt.id,
            prompt_version=job.prompt.version,
            suite_path=job.suite.path,
            model=job.model.name,
            repeats=job.repeats,
            score=outcomes.score(),
            trials=outcomes.trials(),
            cases=outcomes.cases(),
            metrics=tallies.summaries(),
            spending=spending.result(),
            latency=spending.latency.summary(),
            sources=_sorted(spending.sources),
            models_served=_sorted(spending.models),
            finish_reasons=_sorted(spending.finish_reasons),
            error_kinds=_sorted(outcomes.error_kinds),
            avoided=_sorted(tallies.avoided),
            failing=self._shown.failing(),
            errors=self._shown.errors(),
            critical_failed=outcomes.critical(_FAILED),
            critical_unmeasured=outcomes.critical(_MISSING, _ERRORED),
            stopped=stopped,
            judging=self._judging.result(tallies.avoided[Tier.JUDGE.value]),
        )


class _Outcomes:
    """One outcome and one score per planned trial, by case, so that the order of arrival is forgotten."""

    def __init__(self, job: EvalJob) -> None:
        self._cases = job.cases
        self._repeats = job.repeats
        self._outcomes = bytearray(job.trials)
        self._scores = array("d", bytes(8 * job.trials))
        self.error_kinds: Counter[str] = Counter()

    def add(self, index: int, entry: JournalEntry) -> None:
        trial = entry.trial
        place = index * self._repeats + trial.key.number
        if trial.errored or entry.score is None:
            self._outcomes[place] = _ERRORED
            self.error_kinds[trial.error.kind if trial.error else "metric"] += 1
        else:
            self._outcomes[place] = _PASSED if trial.passed else _FAILED
            self._scores[place] = entry.score

    def trials(self) -> TrialCounts:
        return TrialCounts(
            planned=len(self._outcomes),
            passed=self._outcomes.count(_PASSED),
            failed=self._outcomes.count(_FAILED),
            errored=self._outcomes.count(_ERRORED),
        )

    def cases(self) -> CaseCounts:
        passed = always = failed = unmeasured = 0
        for index in range(len(self._cases)):
            outcomes = self._of_case(index)
            good, bad = outcomes.count(_PASSED), outcomes.count(_FAILED)
            unmeasured += good + bad == 0
            passed += good > bad
            always += good > bad == 0
            failed += good + bad > 0 and good <= bad
        return CaseCounts(
            total=len(self._cases), passed=passed, always_passed=always, failed=failed, unmeasured=unmeasured
        )

    def score(self) -> float | None:
        weighted: list[float] = []
        weights: list[float] = []
        for index, case in enumerate(self._cases):
            scores = self._scores_of_case(index)
            if scores:
                weighted.append(case.weight * math.fsum(scores) / len(scores))
                weights.append(case.weight)
        total = math.fsum(weights)
        return min(math.fsum(weighted) / total, 1.0) if total > 0 else None

    def critical(self, *outcomes: int) -> tuple[str, ...]:
        return tuple(
            case.id
            for index, case in enumerate(self._cases)
            if case.critical and any(outcome in outcomes for outcome in self._of_case(index))
        )

    def _of_case(self, index: int) -> Sequence[int]:
        return self._outcomes[index * self._repeats : (index + 1) * self._repeats]

    def _scores_of_case(self, index: int) -> list[float]:
        start = index * self._repeats
        return [
            self._scores[start + number]
            for number, outcome in enumerate(self._of_case(index))
            if outcome in (_PASSED, _FAILED)
        ]


class _Spending:
    """Tokens, dollars, seconds, and where the answers came from."""

    def __init__(self) -> None:
        self.latency = LatencyHistogram()
        self.sources: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.finish_reasons: Counter[str] = Counter()
        self._input = self._output = self._cached = self._unpriced = 0
        self._estimated = False
        self._cost = ExactSum()
        self._paid = ExactSum()

    def add(self, completion: Completion) -> None:
        self.latency.add(completion.latency_seconds)
        self.sources[completion.source.value] += 1
        self.models[completion.model_served] += 1
        self.finish_reasons[completion.finish_reason.value] += 1
        self._input += completion.usage.input_tokens
        self._output += completion.usage.output_tokens
        self._cached += completion.usage.cached_input_tokens
        self._estimated |= completion.usage.estimated
        if completion.cost_usd is None:
            self._unpriced += 1
            return
        self._cost.add(completion.cost_usd)
        if completion.source is CompletionSource.LIVE:
            self._paid.add(completion.cost_usd)

    def result(self) -> Spending:
        return Spending(
            usage=Usage(
                input_tokens=self._input,
                output_tokens=self._output,
                cached_input_tokens=self._cached,
                estimated=self._estimated,
            ),
            cost_usd=self._cost.total(),
            paid_usd=self._paid.total(),
            unpriced=self._unpriced,
        )


def _sorted(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items()))
