"""A suite that the gate ran on a prompt: verdict, numbers, and the cases that a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.runs import NOT_RECORDED

if TYPE_CHECKING:
    from llmops_cli.core.exit_codes import ExitCode
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.suites import Expected
    from llmops_cli.core.verdicts import VerdictKind
    from llmops_cli.evals.comparing.comparison import Comparison
    from llmops_cli.evals.comparing.metric_comparison import MetricComparison
    from llmops_cli.evals.runs.summary import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressedCase:
    """A case to look at: it fails with the change, and worked before or must never fail.

    `input`, `expected` and both outputs are untrusted text, the outputs cut to 2,000 characters. `base_output`
    is None where no answer of the base is at hand. `reasons` say per metric why the head's answer fails.
    `passes` of `trials` at the head, `base_passes` of `base_trials` at the base (0 of 0 when it was not there).
    """

    case_id: str
    path: str
    line: int
    critical: bool
    input: JsonObject
    expected: Expected
    base_output: str | None
    head_output: str
    reasons: tuple[str, ...]
    passes: int
    trials: int
    base_passes: int
    base_trials: int

    def as_json(self) -> JsonObject:
        """Return the case for machines; text of prompts and models is as it was."""
        expected = list(self.expected) if isinstance(self.expected, tuple) else self.expected
        return {
            "base_output": self.base_output,
            "base_passes": self.base_passes,
            "base_trials": self.base_trials,
            "case": self.case_id,
            "critical": self.critical,
            "expected": expected,
            "head_output": self.head_output,
            "input": self.input,
            "line": self.line,
            "passes": self.passes,
            "path": self.path,
            "reasons": list(self.reasons),
            "trials": self.trials,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One suite run on the head's prompt.

    `suite_from` is `base` for the decisive run and `head` for the second one, where the change edits the
    suite. `kind` is the verdict of this run alone; `compared_with` says with what (`baseline of v3, accepted
    2026-11-02`, or `base prompt, run now`). `comparison` is None where there was nothing to compare with.
    """

    suite_from: str
    kind: VerdictKind
    reasons: tuple[str, ...]
    exit_code: ExitCode
    compared_with: str = ""
    comparison: Comparison | None = None
    summary: RunSummary | None = None
    base_summary: RunSummary | None = None
    run_path: str = ""
    cases: tuple[RegressedCase, ...] = ()

    @property
    def summaries(self) -> tuple[RunSummary, ...]:
        """The figures of both arms, as far as they were run."""
        return tuple(summary for summary in (self.summary, self.base_summary) if summary is not None)

    @property
    def paid_usd(self) -> float:
        """What its live calls cost, judges included."""
        return sum(summary.spending.paid_usd + _judging_usd(summary) for summary in self.summaries)

    @property
    def misses_recordings(self) -> bool:
        """Whether a trial is missing because nobody could be asked and nothing is recorded."""
        return any(NOT_RECORDED in summary.error_kinds for summary in self.summaries)

    def as_json(self) -> JsonObject:
        """Return the run for machines."""
        return {
            "cases_to_look_at": [case.as_json() for case in self.cases],
            "compared_with": self.compared_with,
            "exit_code": int(self.exit_code),
            "metrics": [_metric_as_json(metric) for metric in self.comparison.shown] if self.comparison else [],
            "reasons": list(self.reasons),
            "run": self.run_path,
            "suite_from": self.suite_from,
            "summary": self.summary.as_json() if self.summary else None,
            "verdict": self.kind.value,
        }


def _judging_usd(summary: RunSummary) -> float:
    return summary.judging.effort.paid_usd if summary.judging else 0.0


def _metric_as_json(metric: MetricComparison) -> JsonObject:
    decision = metric.decision
    return {
        "base_mean": decision.base_mean,
        "candidate_mean": decision.candidate_mean,
        "cases": decision.cases,
        "change": decision.delta,
        "improved": decision.improved,
        "kind": metric.kind,
        "name": metric.name,
        "only_warns": metric.only_warns,
        "population_interval": list(decision.population_interval),
        "reasons": list(decision.reasons),
        "sign_flip_p": metric.sign_flip().worse if metric.kind == "score" else None,
        "suite_interval": list(decision.suite_interval),
        "trials": decision.candidate_trials,
        "verdict": decision.verdict.value,
    }
