"""The report of a gate as Markdown, whole; untrusted text is code or escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.eval_markdown import code, prose
from llmops_cli.reports.eval_text import quoted
from llmops_cli.reports.numbers import UNKNOWN, counted, score, usd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.prompt_report import PromptReport


def gate_markdown(report: GateReport) -> str:
    """Return headline, loosenings, a table of prompts, and a section for each."""
    lines = [f"**{prose(report.headline)}**", ""]
    lines += [prose(note) for note in report.notes]
    held = [change for change in report.changes if change.loosens]
    if held:
        approved = f" Approved by {code(report.approved_by)}." if report.approved_by else ""
        lines += ["", f"### Loosens the gate ({counted(len(held), 'place')}){approved}", "", *_changes(held)]
    other = [change for change in report.changes if not change.loosens]
    if other:
        lines += ["", "### Also changes the gate", "", *_changes(other)]
    for finding in report.findings:
        place = f"{finding.path}:{finding.position.line}"
        lines.append(f"- {code(place)} {finding.severity.value}: {prose(finding.message)} {prose(finding.hint)}")
    for prompt in report.prompts:
        lines += ["", *_prompt(prompt)]
    if report.next_step:
        lines += ["", f"Next: {prose(report.next_step)}"]
    return "\n".join(lines) + "\n"


def _changes(changes: Sequence[GateChange]) -> Iterator[str]:
    yield "| where | what | base | head |"
    yield "| --- | --- | --- | --- |"
    for change in changes:
        place = code(f"{change.path}:{change.line}") + (" (base)" if change.side.value == "base" else "")
        values = (code(value) if value else UNKNOWN for value in (change.base_value, change.head_value))
        yield f"| {place} | {prose(change.message)} | {' | '.join(values)} |"


def _prompt(prompt: PromptReport) -> Iterator[str]:
    yield f"### {code(prompt.prompt_id)}: {prompt.word}"
    yield ""
    yield from (f"{prose(reason)}  " for reason in prompt.reasons)
    run = prompt.decisive
    if run is not None and run.comparison is not None:
        yield ""
        yield "| metric | base | head | change | 95% | cases |"
        yield "| --- | ---: | ---: | ---: | --- | ---: |"
        for metric in run.comparison.shown:
            decision = metric.decision
            interval = f"{100 * decision.suite_interval.lower:+.1f} … {100 * decision.suite_interval.upper:+.1f}"
            numbers = (score(decision.base_mean), score(decision.candidate_mean), f"{100 * decision.delta:+.1f}")
            warns = " (only warns)" if metric.only_warns else ""
            yield f"| {code(metric.name)}{warns} | {' | '.join(numbers)} | {interval} | {decision.cases} |"
    if run is not None and run.cases:
        yield ""
        yield f"<details><summary>{counted(len(run.cases), 'case')} to look at</summary>"
        yield ""
        yield "| case | expected | base | head | why |"
        yield "| --- | --- | --- | --- | --- |"
        for case in run.cases:
            texts = (case.expected, case.base_output, case.head_output)
            shown = (UNKNOWN if text is None else code(quoted(text)) for text in texts)
            critical = " **critical**" if case.critical else ""
            why = "<br>".join(code(reason) for reason in case.reasons)
            yield f"| {code(case.case_id)}{critical} | {' | '.join(shown)} | {why} |"
        yield ""
        yield "</details>"
    yield ""
    yield from (f"- {prose(note)}" for note in prompt.notes)
    yield from (f"- because {prose(reason.sentence())}" for reason in prompt.selected_because)
    yield f"- {usd(prompt.paid_usd)} paid for {counted(prompt.answers, 'answer')}"
