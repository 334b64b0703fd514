"""The numbers of the page: one row per prompt, and per prompt one row per metric, folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.github.comment_layout import Section
from llmops_cli.ci.github.markup import code, prose
from llmops_cli.evals.compare.gate import GateVerdict
from llmops_cli.reports.numbers import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.ci.gate_runs import SuiteRun
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.evals.comparing.metric_comparison import MetricComparison


def score_table(prompts: Sequence[PromptReport]) -> str:
    """Return one row per prompt: its gravest metric on both sides, the change with its interval, the cases."""
    # six columns are what a comment is wide enough for
    lines = ["| prompt | verdict | gravest metric | before → after | change (95%) | cases |"]
    lines.append("| --- | --- | --- | ---: | ---: | ---: |")
    for prompt in prompts:
        name = f"{prompt.prompt_id}-v{prompt.version}" if prompt.version is not None else prompt.prompt_id
        cells = (code(name, in_table=True), f"**{prose(prompt.word, in_table=True)}**", *_figures(prompt))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def metric_section(prompt: PromptReport) -> Iterator[Section]:
    """Yield the metrics of both runs, folded."""
    for run in (prompt.decisive, prompt.head_suite):
        if run is None or run.comparison is None or not run.comparison.shown:
            continue
        suite = "the base's suite" if run.suite_from == "base" else "this change's suite"
        lines = [
            f"<details><summary>Metrics on {suite}</summary>",
            "",
            *((f"Compared with {prose(run.compared_with)}.", "") if run.compared_with else ()),
            "| metric | before → after | change | 95% | in production | verdict |",
            "| --- | ---: | ---: | --- | --- | --- |",
            *(_metric_row(metric) for metric in run.comparison.shown),
            "",
            "</details>",
        ]
        yield Section(text="\n".join(lines), rank=6, name="table of metrics")


def score_of(prompt: PromptReport) -> float | None:
    """Return the score of the suite at the head, None where nothing was measured."""
    run = prompt.decisive or prompt.head_suite
    return run.summary.score if run is not None and run.summary is not None else None


def points(fraction: float) -> str:
    """Return a fraction as points with a true minus: `−8.4`, `+0.5`, `0.0`."""
    rounded = round(fraction * 100, 1) + 0.0
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.1f}"


def _figures(prompt: PromptReport) -> tuple[str, ...]:
    gravest = _gravest(prompt.decisive)
    if gravest is not None:
        decision = gravest.decision
        change = f"{points(decision.delta)}&nbsp;({_interval(decision.suite_interval)})"
        return code(gravest.name, in_table=True), _both(gravest), change, str(decision.cases)
    run, score = prompt.decisive or prompt.head_suite, score_of(prompt)
    if run is None or run.summary is None or score is None:
        return (UNKNOWN,) * 4
    return "score", f"{UNKNOWN} → {score * 100:.1f}", UNKNOWN, str(run.summary.cases.total)


def _gravest(run: SuiteRun | None) -> MetricComparison | None:
    """Return the metric that decides: one that blocks, else one that is undecided, else the one that fell most."""
    metrics = run.comparison.metrics if run is not None and run.comparison is not None else ()
    order = (GateVerdict.BLOCK, GateVerdict.INCONCLUSIVE, GateVerdict.CONTINUE, GateVerdict.PASS)
    return min(metrics, key=lambda metric: (order.index(metric.decision.verdict), metric.decision.delta), default=None)


def _metric_row(metric: MetricComparison) -> str:
    decision = metric.decision
    verdict = "improved" if decision.improved else decision.verdict.value
    if metric.only_warns:
        verdict = f"only warns ({verdict})"
    cells = (
        code(metric.name, in_table=True),
        _both(metric),
        points(decision.delta),
        _interval(decision.suite_interval),
        _interval(decision.population_interval),
        verdict,
    )
    return f"| {' | '.join(cells)} |"


def _both(metric: MetricComparison) -> str:
    return f"{metric.decision.base_mean * 100:.1f}&nbsp;→&nbsp;{metric.decision.candidate_mean * 100:.1f}"


def _interval(interval: tuple[float, float]) -> str:
    return f"{points(interval[0])}&nbsp;…&nbsp;{points(interval[1])}"
