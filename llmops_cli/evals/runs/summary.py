"""What a run came to: the value that reports show, that run.json keeps, and that a verdict is made from.

How scores add up:

- A metric gives each trial a score in [0, 1] and a pass or fail.
- The score of a trial is the weighted mean of its metrics' scores; it is 0 when a `required` metric
  failed, and a metric left out by `fail_fast_tier` counts as 0. An errored trial has no score.
- A trial passes when every metric passes.
- The score of a case is the mean over its measured trials; a case passes when more than half of them pass.
- The score of the run is the mean over the measured cases, weighted by the cases' weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.core.completions import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.suites import Expected
    from llmops_cli.evals.job import RunIdentity
    from llmops_cli.evals.judges.judge_spending import JudgeSpending
    from llmops_cli.evals.runs.latency_histogram import LatencySummary
    from llmops_cli.evals.runs.metric_summary import MetricSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMetric:
    """Why one metric of a trial did not pass; `score` is None where it could not measure."""

    name: str
    reason: str
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingTrial:
    """A trial to look at: what was expected, what came, and which metrics object. All of it is untrusted text.

    `expected` and `got` are cut to 2,000 characters; the journal has them whole. `path` and `line` are
    where the case stands.
    """

    case_id: str
    number: int
    critical: bool
    expected: Expected
    got: str
    metrics: tuple[FailedMetric, ...]
    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErroredTrial:
    """A trial that says nothing about the prompt, and why."""

    case_id: str
    number: int
    critical: bool
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCounts:
    """The cases by outcome.

    `passed` is by majority of the measured trials, `always_passed` are those of them without a failed
    trial; `unmeasured` have no measured trial (all errored, or never run).
    """

    total: int
    passed: int
    always_passed: int
    failed: int
    unmeasured: int

    @property
    def mixed(self) -> int:
        """Cases whose trials disagree and that pass by majority."""
        return self.passed - self.always_passed

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {
            "always_passed": self.always_passed,
            "failed": self.failed,
            "passed": self.passed,
            "total": self.total,
            "unmeasured": self.unmeasured,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCounts:
    """The trials by outcome: `planned` = `passed` + `failed` + `errored` + those not run."""

    planned: int
    passed: int
    failed: int
    errored: int

    @property
    def done(self) -> int:
        """Trials with a result or an error."""
        return self.passed + self.failed + self.errored

    @property
    def not_run(self) -> int:
        """Trials left out because the run stopped early."""
        return self.planned - self.done

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {"errored": self.errored, "failed": self.failed, "passed": self.passed, "planned": self.planned}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Tokens and dollars.

    `cost_usd` is what the answers cost when they were made, recorded and cached ones included;
    `paid_usd` is what this run's live calls cost; `unpriced` counts completions of unknown price.
    """

    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    paid_usd: float = 0.0
    unpriced: int = 0

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {
            "cached_input_tokens": self.usage.cached_input_tokens,
            "cost_usd": self.cost_usd,
            "estimated_usage": self.usage.estimated,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "paid_usd": self.paid_usd,
            "unpriced": self.unpriced,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in figures.

    `score` is None when no case was measured. `sources` counts completions by live, recording and
    cache; `models_served` by what the provider says it ran; `error_kinds` errored trials by kind.
    `avoided` counts, by tier, the metric evaluations that a cheaper tier made unnecessary.
    `failing` and `errors` are the first ones in the suite's order. `critical_failed` are the ids of
    critical cases with a failed trial, `critical_unmeasured` those with an errored or missing trial.
    `stopped` is the sentence why the run ended early, or empty. `judging` is what judges took, which is not
    part of `spending`; None in a run without judges.
    """

    identity: RunIdentity
    prompt_id: str
    prompt_version: int
    suite_path: str
    model: str
    repeats: int
    score: float | None
    trials: TrialCounts
    cases: CaseCounts
    metrics: tuple[MetricSummary, ...]
    spending: Spending
    latency: LatencySummary | None
    sources: Mapping[str, int]
    models_served: Mapping[str, int]
    finish_reasons: Mapping[str, int]
    error_kinds: Mapping[str, int]
    avoided: Mapping[str, int]
    failing: tuple[FailingTrial, ...]
    errors: tuple[ErroredTrial, ...]
    critical_failed: tuple[str, ...]
    critical_unmeasured: tuple[str, ...]
    stopped: str = ""
    judging: JudgeSpending | None = None

    @property
    def measured_anything(self) -> bool:
        """Whether at least one trial was measured; a run without one is never a pass."""
        return self.trials.passed + self.trials.failed > 0

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`: the figures; single trials stay in the journal."""
        judging: JsonObject = {"judging": self.judging.as_json()} if self.judging else {}
        return {
            **judging,
            "avoided": dict(self.avoided),
            "cases": self.cases.as_json(),
            "critical_failed": list(self.critical_failed),
            "critical_unmeasured": list(self.critical_unmeasured),
            "error_kinds": dict(self.error_kinds),
            "finish_reasons": dict(self.finish_reasons),
            "identity": self.identity.as_json(),
            "latency": self.latency.as_json() if self.latency else None,
            "metrics": [metric.as_json() for metric in self.metrics],
            "model": self.model,
            "models_served": dict(self.models_served),
            "prompt": self.prompt_id,
            "prompt_version": self.prompt_version,
            "repeats": self.repeats,
            "score": self.score,
            "sources": dict(self.sources),
            "spending": self.spending.as_json(),
            "stopped": self.stopped,
            "suite": self.suite_path,
            "trials": self.trials.as_json(),
        }
