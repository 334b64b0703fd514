"""Evaluated prompts as GitHub-flavoured Markdown: what a pull request or a wiki shows.

Everything that we did not write becomes code or is escaped: no link, image, mention, issue number or HTML
of a prompt or a model comes alive.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.reports.eval_text import quoted
from llmops_cli.reports.metric_remarks import metric_remarks
from llmops_cli.reports.numbers import UNKNOWN, count, counted, score, usd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.evals.runs.summary import FailingTrial
    from llmops_cli.reports.eval_outcome import EvalOutcome

MOST_CASES = 20
LONGEST_CELL = 200


def eval_markdown(outcomes: Sequence[EvalOutcome]) -> str:
    """Return a table of verdicts, then each prompt's metrics and failing cases, folded."""
    lines = ["| prompt | model | score | cases | verdict |", "| --- | --- | ---: | ---: | --- |"]
    for outcome in outcomes:
        summary = outcome.summary
        cells = (
            code(f"{summary.prompt_id}-v{summary.prompt_version}"),
            code(summary.model),
            score(summary.score),
            f"{summary.cases.passed} of {summary.cases.total}",
            f"**{outcome.word}**",
        )
        lines.append(f"| {' | '.join(cells)} |")
    for outcome in outcomes:
        lines += ["", *_section(outcome)]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Return `text` as inline code that fits into a table cell, whatever it contains."""
    shown = shortened(safe_text(text, one_line=True), LONGEST_CELL).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Return a sentence with every character escaped that Markdown, GitHub or HTML could read as markup."""
    escaped = re.sub(r"([\\`*_{}\[\]()<>#+!|~&$-])", r"\\\1", safe_text(text, one_line=True))
    # a zero-width joint keeps @name and :emoji: from being read as a mention or a picture
    return escaped.replace("@", "@<!-- -->").replace("://", ":<!-- -->//").replace("::", ":<!-- -->:")


def _section(outcome: EvalOutcome) -> Iterator[str]:
    summary, spending = outcome.summary, outcome.summary.spending
    yield f"### {code(f'{summary.prompt_id}-v{summary.prompt_version}')}: {outcome.word}"
    yield ""
    yield from (prose(reason) for reason in outcome.reasons[:1])
    yield ""
    if outcome.reasons[1:]:
        yield from (f"- {prose(reason)}" for reason in outcome.reasons[1:])
        yield ""
    yield "| metric | score | passed | |"
    yield "| --- | ---: | ---: | --- |"
    for metric in summary.metrics:
        passed = f"{metric.passed} of {metric.measured}" if metric.measured else UNKNOWN
        yield f"| {code(metric.name)} | {score(metric.mean)} | {passed} | {', '.join(metric_remarks(metric))} |"
    yield ""
    tokens = f"{count(spending.usage.input_tokens)} tokens in, {count(spending.usage.output_tokens)} out"
    yield f"{tokens}, {usd(spending.cost_usd)}; {counted(summary.trials.errored, 'trial')} with errors."
    if summary.judging:
        effort = summary.judging.effort
        price = "of unknown price" if effort.unpriced else usd(effort.cost_usd)
        spared = f", {counted(summary.judging.avoided, 'verdict')} spared" if summary.judging.avoided else ""
        yield f"Judges, apart from that: {counted(effort.calls, 'call')}, {price}{spared}."
    if summary.failing:
        yield ""
        yield f"<details><summary>{counted(summary.cases.failed, 'failing case')}</summary>"
        yield ""
        yield "| case | expected | got | why |"
        yield "| --- | --- | --- | --- |"
        yield from (_row(trial) for trial in summary.failing[:MOST_CASES])
        yield ""
        yield "</details>"


def _row(trial: FailingTrial) -> str:
    expected = UNKNOWN if trial.expected is None else code(quoted(trial.expected))
    why = "<br>".join(code(f"{metric.name}: {metric.reason}") for metric in trial.metrics)
    critical = " **critical**" if trial.critical else ""
    return f"| {code(trial.case_id)}{critical} | {expected} | {code(quoted(trial.got))} | {why} |"
