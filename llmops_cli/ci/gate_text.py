"""The report of a gate on a terminal: the verdicts, why, what loosens the gate, what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.eval_text import quoted
from llmops_cli.reports.findings_text import findings_text
from llmops_cli.reports.numbers import counted, score, usd
from llmops_cli.reports.page import BAD, FAINT, GOOD, STRONG, WARN, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.text import Text

    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.gate_runs import RegressedCase, SuiteRun
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.reports.page import Page

MOST_CHANGES = 30
MOST_CASES = 5
MOST_REASONS = 4

_STYLES = {ExitCode.PASS: GOOD, ExitCode.GATE_FAILED: BAD, ExitCode.INVALID_FILE: BAD, ExitCode.PROVIDER_FAILED: BAD}


def gate_text(report: GateReport, page: Page) -> str:
    """Return the whole report, the outcome first and last."""
    parts: list[RenderableType] = [*_head(report, page)]
    parts += _changes(report, page)
    for prompt in report.prompts:
        parts += _prompt(prompt, page)
    if report.findings:
        parts += _heading("files")
        parts.append(findings_text(report.findings, page))
    parts += _verdict(report, page)
    return rendered(page, *parts)


def _head(report: GateReport, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    labels = f"{safe_text(report.base_label, one_line=True)} → {safe_text(report.head_label, one_line=True)}"
    reached = f"{counted(len(report.affected), 'prompt')} affected, {report.unaffected} not"
    yield hanging(page, Text.assemble(("gate", STRONG), (f"  {labels}; {reached}", FAINT)))
    for note in report.notes:
        yield hanging(page, Text(f"  {safe_text(note, one_line=True)}"))


def _changes(report: GateReport, page: Page) -> Iterator[RenderableType]:
    held = [change for change in report.changes if change.loosens]
    other = [change for change in report.changes if not change.loosens]
    if held:
        approved = f", approved by {safe_text(report.approved_by, one_line=True)}" if report.approved_by else ""
        yield from _heading(f"loosens the gate ({counted(len(held), 'place')}{approved})")
        for change in held[:MOST_CHANGES]:
            yield from _change(change, page)
        yield from _more(len(held) - MOST_CHANGES)
    if other:
        yield from _heading("also changes the gate")
        for change in other[:MOST_CHANGES]:
            yield from _change(change, page)
        yield from _more(len(other) - MOST_CHANGES)


def _change(change: GateChange, page: Page) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    at = " (at the base)" if change.side.value == "base" else ""
    place = f"{safe_text(change.path, one_line=True)}:{change.line}{at}"
    line = Text.assemble("  ", place, "  ", (change.kind, WARN if change.loosens else FAINT))
    line.append(f"  {safe_text(change.message, one_line=True)}")
    yield hanging(page, line)
    if change.base_value or change.head_value:
        values = f"{quoted(change.base_value)} → {quoted(change.head_value)}"
        yield hanging(page, Text(f"      {values}", style=FAINT), indent=8)


def _prompt(prompt: PromptReport, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    yield Text("")
    name = f"{prompt.prompt_id}-v{prompt.version}" if prompt.version else prompt.prompt_id
    style = _STYLES.get(prompt.exit_code, WARN)
    against = prompt.decisive.compared_with if prompt.decisive else ""
    head = Text.assemble((safe_text(name, one_line=True), STRONG), "  ", (prompt.word, style))
    head.append(f"  against {safe_text(against, one_line=True)}" if against else "", style=FAINT)
    yield hanging(page, head)
    for reason in prompt.reasons[:MOST_REASONS]:
        yield hanging(page, Text(f"  {safe_text(reason, one_line=True)}"))
    if prompt.decisive is not None:
        yield from _metrics(prompt.decisive, page)
        yield from _cases(prompt.decisive, page)
    for note in prompt.notes:
        yield hanging(page, Text(f"  note: {safe_text(note, one_line=True)}"), indent=8)
    for why in prompt.selected_because[:MOST_REASONS]:
        yield hanging(page, Text(f"  because {safe_text(why.sentence(), one_line=True)}", style=FAINT), indent=8)


def _metrics(run: SuiteRun, page: Page) -> Iterator[RenderableType]:
    if run.comparison is None or not run.comparison.shown:
        return
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("  METRIC", "BASE", "HEAD", "CHANGE", "95%", "CASES"), stretch=0, right=(1, 2, 3, 5))
    for metric in run.comparison.shown:
        decision = metric.decision
        interval = f"{100 * decision.suite_interval.lower:+.1f} … {100 * decision.suite_interval.upper:+.1f}"
        table.add_row(
            Text(f"  {safe_text(metric.name, one_line=True)}{' (warns)' if metric.only_warns else ''}"),
            score(decision.base_mean),
            score(decision.candidate_mean),
            f"{100 * decision.delta:+.1f}".replace("-", "−"),
            interval.replace("-", "−"),
            str(decision.cases),
        )
    yield table.text(page)


def _cases(run: SuiteRun, page: Page) -> Iterator[RenderableType]:
    for case in run.cases[:MOST_CASES]:
        yield from _case(case, page)
    yield from _more(len(run.cases) - MOST_CASES)


def _case(case: RegressedCase, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    line = Text.assemble("  ", (safe_text(case.case_id, one_line=True), STRONG))
    line.append(" critical" if case.critical else "", style=BAD)
    before = f", {case.base_passes} of {case.base_trials} before" if case.base_trials else ""
    place = f"{safe_text(case.path, one_line=True)}:{case.line}"
    line.append(f"  passes {case.passes} of {case.trials}{before}  {place}", style=FAINT)
    yield hanging(page, line)
    rows = [("expected", case.expected), ("base", case.base_output), ("head", case.head_output)]
    for label, value in rows:
        if value is not None:
            yield hanging(page, Text(f"    {label:<9} {quoted(value)}"), indent=14)
    for reason in case.reasons[:2]:
        yield hanging(page, Text(f"    {'':<9} {safe_text(reason, one_line=True)}", style=WARN), indent=14)


def _verdict(report: GateReport, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    yield Text("")
    style = _STYLES.get(report.exit_code, WARN)
    yield hanging(page, Text(safe_text(report.headline, one_line=True), style=style))
    paid = f", {usd(report.paid_usd)} paid" if report.prompts else ""
    strict = " (strict)" if report.strict else ""
    check = report.conclusion.value.replace("_", " ")
    yield Text(f"check: {check}{strict}, exit code {int(report.exit_code)}{paid}", style=FAINT)


def _heading(title: str) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    yield Text("")
    yield Text(title, style=STRONG)


def _more(left: int) -> Iterator[str]:
    if left > 0:
        yield f"  … and {left} more: --format json lists all"
