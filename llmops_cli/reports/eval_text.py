"""An evaluated prompt on a terminal: metrics, what fails and how, what it cost, the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.reports.metric_remarks import metric_remarks
from llmops_cli.reports.numbers import UNKNOWN, count, counted, score, seconds, usd
from llmops_cli.reports.page import BAD, FAINT, GOOD, STRONG, WARN, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.text import Text

    from llmops_cli.evals.judges.judge_spending import JudgeSpending
    from llmops_cli.evals.runs.summary import ErroredTrial, FailingTrial, RunSummary
    from llmops_cli.reports.eval_outcome import EvalOutcome
    from llmops_cli.reports.page import Page

MOST_CASES = 5
LONGEST_QUOTE = 160
LONGEST_ERROR = 400
LABEL = 10

_STYLES = {ExitCode.PASS: GOOD, ExitCode.GATE_FAILED: BAD, ExitCode.PROVIDER_FAILED: BAD}


def eval_text(outcome: EvalOutcome, page: Page, *, most_cases: int = MOST_CASES, brief: bool = False) -> str:
    """Return the report of one prompt; at most `most_cases` failing cases are quoted, `brief` in a line each.

    What a change is likely to have broken comes first: critical cases, then those that worked in the baseline.
    """
    summary = outcome.summary
    parts: list[RenderableType] = [*_head(summary, page), *_metrics(summary, page)]
    parts += _failing(outcome, page, most_cases, brief=brief)
    parts += _errors(outcome, page, most_cases)
    parts += _silent_judges(summary, page)
    parts += _facts(outcome, page)
    parts += _verdict(outcome, page)
    return rendered(page, *parts)


def quoted(value: object, longest: int = LONGEST_QUOTE) -> str:
    """Return a text of a case or a model on one line, cut to what fits; the run's journal has it whole."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
    return shortened(safe_text(text, one_line=True), longest) or "(nothing)"


def _head(summary: RunSummary, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    name = safe_text(f"{summary.prompt_id}-v{summary.prompt_version}", one_line=True)
    times = f" × {counted(summary.repeats, 'trial')}" if summary.repeats > 1 else ""
    about = f"  {safe_text(summary.model, one_line=True)}, {counted(summary.cases.total, 'case')}{times}"
    yield hanging(page, Text.assemble((name, STRONG), (about, FAINT)))
    yield Text("")


def _metrics(summary: RunSummary, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("METRIC", "SCORE", "PASSED", "MEASURED", ""), right=(1, 2), stretch=4)
    for metric in summary.metrics:
        name = safe_text(metric.name, one_line=True)
        raw = f"{metric.raw_mean:,.4g} {metric.unit}" if metric.raw_mean is not None else ""
        passed = f"{metric.passed} of {metric.measured}" if metric.measured else UNKNOWN
        measured = Text(safe_text(raw, one_line=True))
        table.add_row(Text(name), score(metric.mean), passed, measured, ", ".join(metric_remarks(metric)))
    yield table.text(page)


def _failing(outcome: EvalOutcome, page: Page, most: int, *, brief: bool) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    summary = outcome.summary
    trials = sorted(summary.failing, key=lambda trial: (not trial.critical, trial.case_id not in outcome.broken))
    if not trials:
        return
    yield Text("")
    title = f"failing: {counted(summary.cases.failed, 'case')}, {counted(summary.trials.failed, 'trial')}"
    worked = f"; {len(outcome.broken)} of them worked in the baseline" if outcome.broken else ""
    yield Text(title + worked, style=STRONG)
    for trial in trials[:most]:
        if brief:
            yield _failing_line(outcome, trial, page)
        else:
            yield from _failing_trial(outcome, trial, page)
    left = summary.trials.failed - min(most, len(trials))
    if left > 0:
        run = safe_text(outcome.run_path.rpartition("/")[2], one_line=True)
        yield hanging(page, Text(f"  … and {left} more: llmops runs show {run}", style=FAINT))


def _failing_line(outcome: EvalOutcome, trial: FailingTrial, page: Page) -> Text:
    """Return a failing trial on one line, cut to the page: which case, and the first objection."""
    head = _failing_head(outcome, trial)
    head.append(" " * max(LABEL + 14 - len(head.plain), 2))
    first = trial.metrics[0] if trial.metrics else None
    head.append(f"{safe_text(first.name, one_line=True)}: {quoted(first.reason)}" if first else "", style=WARN)
    if page.wrap:
        head.truncate(page.width, overflow="ellipsis")
    return head


def _failing_head(outcome: EvalOutcome, trial: FailingTrial) -> Text:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    head = Text.assemble("  ", (safe_text(trial.case_id, one_line=True), STRONG))
    head.append(f" trial {trial.number + 1}" if outcome.summary.repeats > 1 else "")
    head.append(" critical" if trial.critical else "", style=BAD)
    head.append(" worked before" if trial.case_id in outcome.broken else "", style=BAD)
    return head


def _failing_trial(outcome: EvalOutcome, trial: FailingTrial, page: Page) -> Iterator[Text]:
    head = _failing_head(outcome, trial)
    if trial.path:
        head.append(f"  {safe_text(trial.path, one_line=True)}:{trial.line}", style=FAINT)
    yield hanging(page, head)
    if trial.expected is not None:
        yield _labelled("expected", quoted(trial.expected), page)
    yield _labelled("got", quoted(trial.got), page)
    for metric in trial.metrics:
        yield _labelled("", f"{safe_text(metric.name, one_line=True)}: {quoted(metric.reason)}", page, style=WARN)


def _errors(outcome: EvalOutcome, page: Page, most: int) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    summary = outcome.summary
    if not summary.trials.errored:
        return
    yield Text("")
    yield Text(f"errors: {counted(summary.trials.errored, 'trial')} not measured (not failures)", style=STRONG)
    by_message: dict[tuple[str, str], list[ErroredTrial]] = {}
    for trial in summary.errors:
        by_message.setdefault((trial.kind, trial.message), []).append(trial)
    shown = list(by_message.items())[:most]
    for (kind, message), trials in shown:
        named = ", ".join(safe_text(trial.case_id, one_line=True) for trial in trials[:3])
        more = f" and {len(trials) - 3} more" if len(trials) > 3 else ""  # noqa: PLR2004 - three are named
        yield hanging(page, Text(f"  {kind}: {quoted(message, LONGEST_ERROR)} ({named}{more})"))
    left = summary.trials.errored - sum(len(trials) for _, trials in shown)
    if left > 0:
        run = safe_text(outcome.run_path.rpartition("/")[2], one_line=True)
        yield hanging(page, Text(f"  … and {left} more: llmops runs show {run}", style=FAINT))


def _silent_judges(summary: RunSummary, page: Page) -> Iterator[RenderableType]:
    """Say why a metric that only warns could not measure; its trials are no errors, so nothing else would."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    # the verdict says which canaries were wrong
    silent = [metric for metric in summary.metrics if metric.only_warns and metric.failures and not metric.canaries]
    if not silent:
        return
    yield Text("")
    yield Text("could not measure, and only warns:", style=STRONG)
    for metric in silent:
        name = safe_text(metric.name, one_line=True)
        about = f"  {name}: {quoted(metric.first_failure, LONGEST_ERROR)} ({counted(metric.failures, 'trial')})"
        yield hanging(page, Text(about))


def _facts(outcome: EvalOutcome, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    summary, spending = outcome.summary, outcome.summary.spending
    cases = summary.cases
    passing = f"{score(summary.score)}; {cases.passed} of {cases.total} cases pass"
    mixed = f", {cases.mixed} of them not every time" if cases.mixed else ""
    unmeasured = f", {cases.unmeasured} not measured" if cases.unmeasured else ""
    about = "about " if spending.usage.estimated else ""
    tokens = f"{about}{count(spending.usage.input_tokens)} in, {count(spending.usage.output_tokens)} out"
    yield Text("")
    yield _labelled("score", f"{passing}{mixed}{unmeasured}", page, indent=0)
    yield _labelled("answers", _sources(summary), page, indent=0)
    yield _labelled("tokens", f"{tokens}; {_cost(outcome)}", page, indent=0)
    yield _labelled("time", _time(outcome), page, indent=0)
    if outcome.compared_with:
        yield _labelled("against", safe_text(outcome.compared_with, one_line=True), page, indent=0)
    if summary.judging:
        yield _labelled("judges", _judging(summary.judging), page, indent=0)
    if summary.avoided:
        spared = ", ".join(f"{number} {tier}" for tier, number in summary.avoided.items())
        yield _labelled("spared", f"{spared} evaluations: a cheaper tier had decided", page, indent=0)


def _sources(summary: RunSummary) -> str:
    words = {"live": "live", "recording": "from recordings", "cache": "from the cache"}
    told = [f"{number} {words.get(source, source)}" for source, number in sorted(summary.sources.items()) if number]
    served = ", ".join(safe_text(name, one_line=True) for name in summary.models_served if name)
    return (", ".join(told) or "none") + (f" (served by {served})" if served and served != summary.model else "")


def _cost(outcome: EvalOutcome) -> str:
    spending = outcome.summary.spending
    if spending.unpriced:
        return f"{usd(spending.paid_usd)} paid, and {counted(spending.unpriced, 'answer')} of unknown price"
    now = "" if spending.paid_usd == spending.cost_usd else f", {usd(spending.paid_usd)} paid now"
    return f"{usd(spending.cost_usd)}{now}"


def _judging(judging: JudgeSpending) -> str:
    """Return what judges took, which is no part of the tokens above, and what they were spared."""
    effort = judging.effort
    tokens = f"{count(effort.input_tokens)} in, {count(effort.output_tokens)} out"
    cost = f"{usd(effort.cost_usd)}" if not effort.unpriced else "of unknown price"
    told = f"{counted(judging.judged, 'verdict')}, {counted(effort.calls, 'call')}, {tokens}; {cost}"
    told += f"; {judging.known} known from before" if judging.known else ""
    told += f"; {judging.unasked} decided without asking" if judging.unasked else ""
    told += f"; {judging.failed} without a verdict" if judging.failed else ""
    if judging.avoided:
        would = "" if judging.avoided_calls is None else f", about {counted(judging.avoided_calls, 'call')}"
        price = "" if judging.avoided_usd is None else f" and {usd(judging.avoided_usd)}"
        told += f"; spared {counted(judging.avoided, 'verdict')}{would}{price}"
    return told


def _time(outcome: EvalOutcome) -> str:
    latency = outcome.summary.latency
    whole = "" if outcome.elapsed_seconds is None else f"{seconds(outcome.elapsed_seconds)}; "
    if latency is None:
        return f"{whole}no answer was timed"
    return f"{whole}a call p50 {latency.p50_seconds:.2f} s, p95 {latency.p95_seconds:.2f} s"


def _verdict(outcome: EvalOutcome, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    style = _STYLES.get(outcome.exit_code, WARN)
    first = outcome.reasons[0] if outcome.reasons else ""
    yield Text("")
    yield hanging(page, Text.assemble((outcome.word, style), f"  {safe_text(first, one_line=True)}"), indent=2)
    for reason in outcome.reasons[1:]:
        yield hanging(page, Text(f"  {safe_text(reason, one_line=True)}"), indent=2)


def _labelled(label: str, text: str, page: Page, *, indent: int = 4, style: str = "") -> Text:
    from rich.text import Text as RichText  # noqa: PLC0415 - rich costs 42 ms

    lead = f"{'':{indent}}{label:<{LABEL}}"
    return hanging(page, RichText.assemble(lead, (text, style)), indent=len(lead))


def overview_text(outcomes: list[EvalOutcome], page: Page) -> str:
    """Return one line per prompt: score, cases, verdict; the end of a run over several prompts."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("PROMPT", "MODEL", "SCORE", "CASES", "VERDICT"), right=(2, 3), stretch=1)
    for outcome in outcomes:
        summary = outcome.summary
        table.add_row(
            Text(safe_text(f"{summary.prompt_id}-v{summary.prompt_version}", one_line=True)),
            Text(safe_text(summary.model, one_line=True)),
            score(summary.score),
            f"{summary.cases.passed} of {summary.cases.total}",
            Text(outcome.word, style=_STYLES.get(outcome.exit_code, WARN)),
        )
    return rendered(page, table.text(page))
