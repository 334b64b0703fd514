"""Two runs as GitHub-flavoured Markdown: metrics, then the cases that changed, folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.compare_text import change_text, counts_text
from llmops_cli.reports.compare_view import CHANGES, SAME
from llmops_cli.reports.eval_markdown import code, prose
from llmops_cli.reports.eval_text import quoted
from llmops_cli.reports.numbers import counted, score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.reports.compare_view import CaseChange, CaseSide, RunComparison

MOST_CASES = 30


def compare_markdown(comparison: RunComparison) -> str:
    """Return the comparison as Markdown; everything that we did not write is code or escaped."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: RunComparison) -> Iterator[str]:
    before, after = comparison.before, comparison.after
    yield f"### {code(f'{after.prompt_id}-v{after.prompt_version}')}: {comparison.word}"
    yield ""
    names = [
        f"{code(name)} ({code(side.model)})"
        for name, side in ((comparison.before_name, before), (comparison.after_name, after))
    ]
    yield f"{names[0]} → {names[1]}"
    for sentence in (*comparison.notes, *comparison.reasons):
        yield ""
        yield prose(sentence)
    yield ""
    yield "| metric | before | after | change | interval | |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for metric in comparison.metrics:
        interval = "" if metric.lower is None else f"{change_text(metric.lower)} … {change_text(metric.upper)}"
        cells = (score(metric.before), score(metric.after), change_text(metric.delta), interval, metric.decision)
        yield f"| {code(metric.name)} | {' | '.join(cells)} |"
    yield ""
    yield f"Cases: {counts_text(comparison) or 'none'}."
    changed = comparison.with_change(*(change for change in CHANGES if change != SAME))
    if changed:
        yield ""
        yield f"<details><summary>{counted(len(changed), 'case')} changed</summary>"
        yield ""
        yield "| case | | expected | before | after |"
        yield "| --- | --- | --- | --- | --- |"
        yield from (_row(case) for case in changed[:MOST_CASES])
        if len(changed) > MOST_CASES:
            yield ""
            yield f"… and {len(changed) - MOST_CASES} more."
        yield ""
        yield "</details>"


def _row(case: CaseChange) -> str:
    critical = " **critical**" if case.critical else ""
    expected = code(quoted(case.expected)) if case.expected else ""
    change = f"{case.change} {change_text(case.delta)}"
    return f"| {code(case.case_id)}{critical} | {change} | {expected} | {_side(case.before)} | {_side(case.after)} |"


def _side(side: CaseSide) -> str:
    if not side.measured and not side.answer:
        return "not measured"
    passes = f"{side.passes} of {side.measured}: " if side.measured != 1 else ""
    why = f"<br>{code(side.why[0])}" if side.why else ""
    return f"{passes}{code(quoted(side.answer))}{why}"
