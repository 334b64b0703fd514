"""Two runs on a terminal: what changed per metric, which cases flipped, and their answers one above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.compare_view import BETTER, BROKEN, CHANGES, FOUND, LOST, MENDED, SAME, WORSE
from llmops_cli.reports.eval_text import quoted
from llmops_cli.reports.numbers import UNKNOWN, score
from llmops_cli.reports.page import BAD, FAINT, GOOD, STRONG, WARN, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.text import Text

    from llmops_cli.reports.compare_view import CaseChange, CaseSide, RunComparison
    from llmops_cli.reports.page import Page

MOST_CASES = 8

_STYLES = {BROKEN: BAD, WORSE: WARN, LOST: WARN, MENDED: GOOD, BETTER: GOOD, FOUND: FAINT}
_VERDICTS = {"PASS": GOOD, "REGRESSION": BAD}


def compare_text(comparison: RunComparison, page: Page, *, most_cases: int = MOST_CASES) -> str:
    """Return the report; at most `most_cases` changed cases are quoted."""
    return rendered(page, *_head(comparison, page), *_metrics(comparison, page), *_cases(comparison, page, most_cases))


def change_text(delta: float | None) -> str:
    """Return a change of a score with its sign, a true minus; none is `0.00`."""
    if delta is None:
        return UNKNOWN
    shown = f"{abs(delta):.2f}"
    return shown if shown == "0.00" else f"{'+' if delta > 0 else '−'}{shown}"


def counts_text(comparison: RunComparison) -> str:
    """Return how many cases each change happened to, in words."""
    counts = [(len(comparison.with_change(change)), change) for change in CHANGES]
    return ", ".join(f"{number} {change}" for number, change in counts if number)


def _head(comparison: RunComparison, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    for label, name, side in (
        ("before", comparison.before_name, comparison.before),
        ("after", comparison.after_name, comparison.after),
    ):
        about = f"{name}  {side.prompt_id}-v{side.prompt_version} on {side.model}"
        yield hanging(page, Text.assemble((f"{label:8}", FAINT), safe_text(about, one_line=True)), indent=8)
    for note in comparison.notes:
        yield hanging(page, Text(safe_text(note, one_line=True), style=WARN), indent=2)
    style = _VERDICTS.get(comparison.word.partition(",")[0], WARN)
    first = safe_text(comparison.reasons[0], one_line=True) if comparison.reasons else ""
    yield Text("")
    yield hanging(page, Text.assemble((comparison.word, style), f"  {first}"), indent=2)
    for reason in comparison.reasons[1:]:
        yield hanging(page, Text(f"  {safe_text(reason, one_line=True)}"), indent=2)
    yield Text("")


def _metrics(comparison: RunComparison, page: Page) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("METRIC", "BEFORE", "AFTER", "CHANGE", "INTERVAL", ""), right=(1, 2, 3, 4), stretch=0)
    for metric in comparison.metrics:
        interval = "" if metric.lower is None else f"{change_text(metric.lower)} … {change_text(metric.upper)}"
        name = Text(safe_text(metric.name, one_line=True))
        table.add_row(
            name, score(metric.before), score(metric.after), change_text(metric.delta), interval, metric.decision
        )
    yield table.text(page)
    yield Text("")
    yield Text(f"cases: {counts_text(comparison) or 'none'}", style=STRONG)


def _cases(comparison: RunComparison, page: Page, most: int) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    changed = comparison.with_change(*(change for change in CHANGES if change != SAME))
    for case in changed[:most]:
        yield from _case(case, page)
    if len(changed) > most:
        yield Text(f"  … and {len(changed) - most} more: llmops compare --all, or --html FILE", style=FAINT)


def _case(case: CaseChange, page: Page) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    critical = "  critical" if case.critical else ""
    name = safe_text(case.case_id, one_line=True)
    yield Text.assemble(
        "  ", (name, STRONG), f"  {change_text(case.delta)}  ", (case.change, _STYLES[case.change]), (critical, WARN)
    )
    if case.expected:
        yield _labelled("expected", quoted(case.expected), page)
    for label, side in (("before", case.before), ("after", case.after)):
        yield _labelled(label, f"{_passes(side)}{quoted(side.answer)}", page)
        for reason in side.why[:2]:
            yield _labelled("", quoted(reason), page, style=WARN)


def _passes(side: CaseSide) -> str:
    return f"[{side.passes} of {side.measured}] " if side.measured != 1 else ""


def _labelled(label: str, text: str, page: Page, *, style: str = "") -> Text:
    from rich.text import Text as RichText  # noqa: PLC0415 - rich costs 42 ms

    lead = f"    {label:10}"
    return hanging(page, RichText.assemble(lead, (text, style)), indent=len(lead))
