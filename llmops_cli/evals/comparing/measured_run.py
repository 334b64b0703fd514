"""All of a run that a comparison needs: scores per metric, case and trial, and what they were measured with."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.scores import Tier
from llmops_cli.evals.compare.comparability import Yardstick
from llmops_cli.evals.compare.lost_trials import NOTHING_LOST, LostTrials
from llmops_cli.evals.comparing.trial_values import TrialValues
from llmops_cli.evals.judges.judgement import flipped_in
from llmops_cli.evals.measuring.metric_digests import MeasuringDigests
from llmops_cli.evals.measuring.metric_table import tier_of
from llmops_cli.evals.runs.exact_sum import ExactSum
from llmops_cli.evals.runs.latency_histogram import LatencyHistogram

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from llmops_cli.core.completions import Completion
    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import Case
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What the answers took: tokens, US dollars (None when a price is unknown), seconds per call."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    p50_seconds: float = 0.0
    p95_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """The measured trials of one prompt on one suite and model.

    `scores` maps metric name → case id → the scores of its trials in order; `passed` maps case id →
    whether each trial met every threshold. `passed_without_judges` is the same by the metrics that ask no judge,
    empty for suites without judges. `deterministic_metrics` are those whose repeats would give the
    same scores again (deterministic completions, and a metric that asks no judge). `score` is the run's
    score as `RunSummary` defines it, None when nothing was measured. `flipped` are judges, by the names of their
    metrics, of which nothing counts because known outputs came out wrong; the text says which. They have no scores.
    """

    prompt_id: str
    prompt_version: int
    prompt_digest: str
    model_asked: str
    models_served: tuple[str, ...]
    yardstick: Yardstick
    score: float | None
    scores: Mapping[str, Mapping[str, tuple[float, ...]]]
    passed: Mapping[str, tuple[bool, ...]]
    deterministic_metrics: frozenset[str] = frozenset()
    critical_cases: frozenset[str] = frozenset()
    clusters: Mapping[str, str] = field(default_factory=dict[str, str])
    lost: LostTrials = NOTHING_LOST
    effort: Effort = Effort()
    passed_without_judges: Mapping[str, tuple[bool, ...]] = field(default_factory=dict[str, "tuple[bool, ...]"])
    flipped: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def repeats(self) -> int:
        """The most trials that any case has."""
        return max(map(len, self.passed.values()), default=0)


def collect_run(
    job: EvalJob,
    entries: Iterable[JournalEntry],
    *,
    deterministic_metrics: Iterable[str] = (),
    only_warn: Collection[str] = (),
    whole: bool = False,
) -> MeasuredRun:
    """Gather the entries of a journal, each trial once and in any order, into a measured run.

    Of a metric in `only_warn` (a judge without a licence) the scores are kept, but no trial fails by it or is lost
    with it. A `whole` run is one to keep: a trial fails by whatever measured it, and a judge that said nothing which
    counts is no part of its yardstick, so that a licence found later does not compare with what was never measured.
    Completions are not kept: what stays in memory is a few numbers per trial.
    """
    collector = RunCollector(job, only_warn=only_warn, whole=whole)
    for entry in entries:
        collector.add(entry)
    return collector.run(deterministic_metrics)


class RunCollector:
    """What `collect_run` does, entry by entry: for who reads a journal once and makes several things of it."""

    def __init__(self, job: EvalJob, *, only_warn: Collection[str] = (), whole: bool = False) -> None:
        """Begin with nothing; the arguments are those of `collect_run`."""
        self._job = job
        self._only_warn = frozenset(only_warn)
        self._whole = whole
        # most cases bring no metrics of their own, and those of the suite need to be looked at only once
        own = (spec for case in job.cases if case.metrics for spec in job.metrics_of(case))
        specs = (*job.metrics_of_suite(), *own)
        self._asking = frozenset(spec.name for spec in specs if tier_of(spec) is Tier.JUDGE)
        self._tally = _Tally(job, self._asking, self._only_warn, whole=whole)

    def add(self, entry: JournalEntry) -> None:
        """Count one entry."""
        self._tally.add(entry)

    def run(self, deterministic_metrics: Iterable[str] = ()) -> MeasuredRun:
        """Return the run, once every entry was added."""
        job, tally = self._job, self._tally
        tally.finish()
        scores = {name: kept.by_case() for name, kept in sorted(tally.scores.items()) if name not in tally.flipped}
        yardstick = yardstick_of(job, {}, {})
        if self._whole:
            yardstick = yardstick.without({*self._only_warn, *tally.flipped} - scores.keys())
        return MeasuredRun(
            prompt_id=job.prompt.id,
            prompt_version=job.prompt.version,
            prompt_digest=job.prompt.digest(),
            model_asked=job.model.name,
            models_served=tuple(sorted(tally.served)),
            yardstick=yardstick,
            score=tally.run_score(),
            scores=scores,
            passed=tally.passed.passes_by_case(),
            passed_without_judges=tally.passed_without_judges.passes_by_case(),
            deterministic_metrics=frozenset(deterministic_metrics),
            critical_cases=frozenset(case.id for case in job.cases if case.critical),
            clusters={case.id: case.cluster for case in job.cases if case.cluster},
            lost=tally.lost(),
            effort=tally.effort(),
            flipped=dict(sorted(tally.flipped.items())),
        )


def yardstick_of(job: EvalJob, rubrics: Mapping[str, str], judges: Mapping[str, str]) -> Yardstick:
    """Return the digests of all that measures in a job."""
    rubrics = {**job.suite.rubrics, **rubrics}
    judges = {**job.suite.judges, **judges}
    digests = MeasuringDigests(rubrics, judges)
    whole = job.dataset_digest if job.cases == job.suite.cases else job.suite.dataset_digest()
    return Yardstick(
        suite=digest_of({"dataset": whole, "metrics": job.suite.metrics_digest()}),
        dataset=job.dataset_digest,
        metrics=digests.of_metrics(job),
        cases=digests.of_cases(job),
        rubrics=rubrics,
        judges=judges,
    )


class _Tally:
    """Sums over the trials of a run, each given once."""

    def __init__(self, job: EvalJob, judges: frozenset[str], only_warn: frozenset[str], *, whole: bool) -> None:
        self._cases = job.cases
        self._places = job.places
        self._ids = tuple(self._places)
        self.passed_without_judges = TrialValues(self._ids)
        self.flipped: dict[str, str] = {}
        self._judges = judges
        self._only_warn = only_warn
        self._no_objection: frozenset[str] = frozenset() if whole else only_warn
        self.scores: defaultdict[str, TrialValues] = defaultdict(lambda: TrialValues(self._ids))
        self.passed = TrialValues(self._ids)
        self.served: set[str] = set()
        self._case_scores = TrialValues(self._ids)
        self._latency = LatencyHistogram()
        self._cost = ExactSum()
        self._unpriced = False
        self._tokens = [0, 0]
        self._trials = 0
        self._lost: list[str] = []
        self._judged: list[JournalEntry] = []

    def add(self, entry: JournalEntry) -> None:
        trial, case_id = entry.trial, entry.trial.key.case_id
        if case_id not in self._places:  # the suite has lost it since
            return
        self._trials += 1
        if trial.completion:
            self._add_effort(trial.completion)
        # a judge that got known outputs wrong is set aside as a whole: its trials are measured by the other metrics
        self.flipped.update({each.metric: told for each in trial.failures if (told := flipped_in(each))})
        if self._judges and trial.error is None:
            self._judged.append(_without_texts(entry))
        elif trial.incomplete:
            self._lost.append(case_id)
        else:
            self._add_scores(entry)

    def finish(self) -> None:
        """Add the trials that judges had a part in, now that it is known which judges were wrong."""
        silent = self._only_warn | self.flipped.keys()
        self._no_objection |= self.flipped.keys()
        judged, self._judged = self._judged, []
        for entry in judged:
            if {each.metric for each in entry.trial.failures} <= silent:
                self._add_scores(entry)
            else:
                self._lost.append(entry.trial.key.case_id)

    def _add_scores(self, entry: JournalEntry) -> None:
        trial = entry.trial
        place, number = self._places[trial.key.case_id], trial.key.number
        self.passed.add(place, number, _passed(trial, self._no_objection))
        if self._judges:
            self.passed_without_judges.add(place, number, _passed(trial, self._judges))
        for score in trial.scores:
            self.scores[score.metric].add(place, number, score.value)
        if entry.score is not None:
            self._case_scores.add(place, number, entry.score)

    def _add_effort(self, completion: Completion) -> None:
        self._tokens[0] += completion.usage.input_tokens
        self._tokens[1] += completion.usage.output_tokens
        self._latency.add(completion.latency_seconds)
        if completion.cost_usd is None:
            self._unpriced = True
        else:
            self._cost.add(completion.cost_usd)
        if completion.model_served:
            self.served.add(completion.model_served)

    def run_score(self) -> float | None:
        weighted, weights = ExactSum(), ExactSum()
        for case_id, scores in self._case_scores.by_case().items():
            weight = self._case(case_id).weight
            weighted.add(weight * math.fsum(scores) / len(scores))
            weights.add(weight)
        return weighted.total() / weights.total() if weights.total() > 0 else None

    def lost(self) -> LostTrials:
        critical = sorted({case_id for case_id in self._lost if self._case(case_id).critical})
        return LostTrials(trials=self._trials, lost=len(self._lost), critical_cases=tuple(critical))

    def _case(self, case_id: str) -> Case:
        return self._cases[self._places[case_id]]

    def effort(self) -> Effort:
        latency = self._latency.summary()
        return Effort(
            input_tokens=self._tokens[0],
            output_tokens=self._tokens[1],
            cost_usd=None if self._unpriced else self._cost.total(),
            p50_seconds=latency.p50_seconds if latency else 0.0,
            p95_seconds=latency.p95_seconds if latency else 0.0,
        )


def _without_texts(entry: JournalEntry) -> JournalEntry:
    """Return the entry with its numbers only: so many stay in memory as there are trials."""
    trial = entry.trial
    scores = tuple(replace(score, reason="", details={}) for score in trial.scores)
    failures = tuple(replace(failure, reason="", details={}) for failure in trial.failures)
    return replace(entry, trial=replace(trial, completion=None, scores=scores, failures=failures))


def _passed(trial: Trial, aside: frozenset[str]) -> bool:
    """Tell whether every metric met its threshold, those `aside` left out; with nothing left there is no objection."""
    return all(score.passed for score in trial.scores if score.metric not in aside)
