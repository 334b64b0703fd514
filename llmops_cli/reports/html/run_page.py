"""Runs as one HTML page: verdict, figures, metrics with their distributions, and every trial of every case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.reports.html.case_views import case_views
from llmops_cli.reports.html.page import render_page
from llmops_cli.reports.html.plots import score_histogram, seconds_histogram
from llmops_cli.reports.metric_remarks import metric_remarks
from llmops_cli.reports.numbers import UNKNOWN, count, counted, score, seconds, usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.reports.eval_outcome import EvalOutcome
    from llmops_cli.reports.html.case_views import CaseView
    from llmops_cli.reports.html.plots import Histogram

_TONES = {ExitCode.PASS: "good", ExitCode.GATE_FAILED: "bad", ExitCode.PROVIDER_FAILED: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """A row of the table of metrics."""

    name: str
    tier: str
    remarks: str
    mean: str
    passed: str
    plot: Histogram | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run as the page shows it; `tone` is good, bad or unsure."""

    title: str
    model: str
    name: str
    score: str
    passing: str
    word: str
    tone: str
    reasons: tuple[str, ...]
    compared_with: str
    next_step: str
    facts: tuple[tuple[str, str, str], ...]
    metrics: tuple[MetricView, ...]
    case_scores: Histogram | None
    latencies: Histogram | None
    cases: tuple[CaseView, ...]
    several_trials: bool

    def count(self, state: str) -> int:
        """Return how many cases are in that state."""
        return sum(case.state == state for case in self.cases)


def run_page(runs: Sequence[tuple[EvalOutcome, EvalJob, Sequence[JournalEntry]]]) -> str:
    """Return the page of one or several runs."""
    views = [run_view(outcome, job, entries) for outcome, job, entries in runs]
    title = views[0].title if len(views) == 1 else counted(len(views), "run")
    return render_page("run.html", runs=views, title=f"llmops: {title}")


def run_view(outcome: EvalOutcome, job: EvalJob, entries: Sequence[JournalEntry]) -> RunView:
    """Return a run as the page shows it."""
    summary = outcome.summary
    cases = case_views(job, entries, outcome.broken)
    durations = [entry.trial.completion.latency_seconds for entry in entries if entry.trial.completion]
    return RunView(
        title=f"{summary.prompt_id}-v{summary.prompt_version}",
        model=summary.model,
        name=outcome.run_path.rpartition("/")[2],
        score=score(summary.score),
        passing=f"{summary.cases.passed} of {summary.cases.total}",
        word=outcome.word,
        tone=_TONES.get(outcome.exit_code, "unsure"),
        reasons=outcome.reasons,
        compared_with=outcome.compared_with,
        next_step=outcome.next_step,
        facts=_facts(outcome),
        metrics=_metrics(outcome, entries),
        case_scores=score_histogram([(case.mean, case.state in {"pass", "mixed"}) for case in cases if case.mean >= 0]),
        latencies=seconds_histogram(durations),
        cases=cases,
        several_trials=summary.repeats > 1,
    )


def _facts(outcome: EvalOutcome) -> tuple[tuple[str, str, str], ...]:
    """Return what the tiles say: a label, a figure, and a remark."""
    summary = outcome.summary
    cases, spending, latency = summary.cases, summary.spending, summary.latency
    mixed = f"{cases.mixed} not every time" if cases.mixed else ""
    errors = f"{summary.trials.errored} with errors" if summary.trials.errored else "none with errors"
    words = {"live": "live", "recording": "recorded", "cache": "cached"}
    sources = ", ".join(f"{number} {words.get(source, source)}" for source, number in summary.sources.items())
    paid = "" if spending.paid_usd == spending.cost_usd else f"{usd(spending.paid_usd)} paid now"
    unpriced = f"{spending.unpriced} of unknown price" if spending.unpriced else ""
    tokens = f"{count(spending.usage.input_tokens)} in, {count(spending.usage.output_tokens)} out"
    elapsed = "" if outcome.elapsed_seconds is None else f"{seconds(outcome.elapsed_seconds)} in all"
    return (
        (
            "Score",
            score(summary.score),
            f"{summary.repeats} trials a case" if summary.repeats > 1 else "one trial a case",
        ),
        ("Cases that pass", f"{cases.passed} of {cases.total}", mixed),
        ("Trials", count(summary.trials.done), ", ".join(filter(None, [errors, _left(summary.trials.not_run)]))),
        ("Cost", usd(spending.cost_usd), ", ".join(filter(None, [paid, unpriced, tokens]))),
        (
            "Latency p95",
            f"{latency.p95_seconds:.2f} s" if latency else UNKNOWN,
            f"p50 {latency.p50_seconds:.2f} s" if latency else elapsed,
        ),
        ("Answers", count(sum(summary.sources.values())), ", ".join(filter(None, [sources, *summary.models_served]))),
    )


def _left(not_run: int) -> str:
    return f"{not_run} not run" if not_run else ""


def _metrics(outcome: EvalOutcome, entries: Sequence[JournalEntry]) -> tuple[MetricView, ...]:
    scores: dict[str, list[tuple[float, bool]]] = {}
    for entry in entries:
        for each in entry.trial.scores:
            scores.setdefault(each.metric, []).append((each.value, each.passed))
    views = []
    for metric in outcome.summary.metrics:
        raw = f"mean {metric.raw_mean:,.4g} {metric.unit}" if metric.raw_mean is not None else ""
        remarks = (*metric_remarks(metric), f"weight {metric.weight:g}" if metric.weight != 1 else "", raw)
        views.append(
            MetricView(
                name=metric.name,
                tier=metric.tier,
                remarks=", ".join(filter(None, remarks)),
                mean=score(metric.mean),
                passed=f"{metric.passed} of {metric.measured}" if metric.measured else UNKNOWN,
                # where canaries were wrong, what is left are looks at texts, and half a metric is none
                plot=None if metric.canaries else score_histogram(scores.get(metric.name, ())),
            )
        )
    return tuple(views)
