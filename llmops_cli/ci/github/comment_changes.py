"""What was changed: words of the prompt, money, the gate itself, and files with errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.ci.github.comment_layout import Section
from llmops_cli.ci.github.markup import code, fenced, prose
from llmops_cli.core.findings import Finding
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.diff.value_changes import ChangeKind
from llmops_cli.registry.diff.word_diff import Piece, PieceKind
from llmops_cli.reports.numbers import count, count_change, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.registry.diff.prompt_diff import MessageDiff, PromptDiff
    from llmops_cli.registry.diff.value_changes import ValueChange

CONTEXT_LINES = 2
LINES_SHOWN_OPEN = 16
LONGEST_DIFF = 12_000
MOST_LISTED = 25

_MARKS = {PieceKind.DELETE: ("[-", "-]"), PieceKind.INSERT: ("{+", "+}")}


def cost_section(prompt: PromptReport) -> Iterator[Section]:
    """Yield one line about tokens and dollars, where the prompt changed."""
    diff = prompt.diff
    if diff is None or not diff.meaning_changed:
        return
    tokens = diff.tokens
    doubt = "" if tokens.exact else ", an estimate"
    change = f"{count_change(tokens.change)} tokens a call ({count(tokens.before)} → {count(tokens.after)}{doubt})"
    yield Section(text=f"**Cost** {change}; {prose(diff.cost.sentence())}", rank=5, name="cost")


def diff_section(prompt: PromptReport) -> Iterator[Section]:
    """Yield the words that changed, open when there are few."""
    diff = prompt.diff
    if diff is None:
        return
    lines = list(_diff_lines(diff))
    if not lines:
        return
    block = fenced("\n".join(lines), "diff", limit=LONGEST_DIFF)
    if len(lines) > LINES_SHOWN_OPEN:
        block = f"<details><summary>What changed in the prompt ({len(lines)} lines)</summary>\n\n{block}\n\n</details>"
    breaking = [f"- **Breaks callers:** {prose(change.message)}" for change in diff.interface if change.breaking]
    yield Section(text="\n".join([*breaking, "", block] if breaking else [block]), rank=7, name="word diff")


def guard_section(report: GateReport, approval: str) -> Iterator[Section]:
    """Yield what the change does to its own gate: what holds the check first, then what is only worth knowing."""
    held = report.held_by
    if held:
        lines = [f"### ✋ This change loosens its own gate in {counted(len(held), 'place')}", ""]
        lines += _listed(held)
        approve = f", or approve exactly them with the label {code(approval)}" if approval else ""
        lines += ["", "The base's policy decided the verdicts below. A person decides about these lines:"]
        lines.append(f"move them to a pull request of their own{approve}.")
        yield Section(text="\n".join(lines), rank=2, name="list of loosened places")
    rest = tuple(change for change in report.changes if change not in held)
    if rest:
        title = "Approved changes of the gate" if report.approved_by else "Other changes of what measures"
        lines = [f"<details><summary>{title} ({len(rest)})</summary>", "", *_listed(rest), "", "</details>"]
        yield Section(text="\n".join(lines), rank=8, name="list of gate changes")


def finding_section(report: GateReport) -> Iterator[Section]:
    """Yield errors and warnings of the files, errors first."""
    findings = sorted(report.findings, key=lambda finding: (not finding.is_error, Finding.sort_key(finding)))
    if not findings:
        return
    lines = ["### Findings in files of this change", ""]
    for finding in findings[:MOST_LISTED]:
        place = code(f"{finding.path}:{finding.position.line}:{finding.position.column}")
        lines.append(f"- {place} {finding.severity.value} {prose(f'{finding.message} {finding.hint}')}")
    if len(findings) > MOST_LISTED:
        lines.append(f"- and {len(findings) - MOST_LISTED} more")
    yield Section(text="\n".join(lines), rank=2 if report.invalid else 9, name="list of findings")


def _listed(changes: Sequence[GateChange]) -> list[str]:
    lines = []
    for change in changes[:MOST_LISTED]:
        values = ""
        if change.base_value or change.head_value:
            values = f" ({code(change.base_value or 'nothing')} → {code(change.head_value or 'nothing')})"
        side = " (at the base)" if change.side.value == "base" else ""
        lines.append(f"- {code(f'{change.path}:{change.line}')}{side} {prose(change.message)}{values}")
    if len(changes) > MOST_LISTED:
        lines.append(f"- and {len(changes) - MOST_LISTED} more")
    return lines


def _diff_lines(diff: PromptDiff) -> Iterator[str]:
    for number, message in enumerate(diff.messages, 1):
        if message.changed:
            yield f"@@ message {number}, {_roles(message)} @@"
            yield from _message_lines(message.pieces)
    for title, changes in (("settings", diff.settings), ("variables", diff.variables)):
        if changes:
            yield f"@@ {title} @@"
            for change in changes:
                yield from _value_lines(change)


def _roles(message: MessageDiff) -> str:
    old, new = (role.value if role else None for role in (message.old_role, message.new_role))
    if old == new or old is None:
        return f"{new}, added" if old is None else f"{new}"
    return f"{old}, removed" if new is None else f"was {old}, now {new}"


def _message_lines(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield what went and what came line by line, the words marked where only part of a line changed."""
    rows = list(_rows(_woven_lines(pieces)))
    changed = [index for index, row in enumerate(rows) if row[0] != " "]
    near = {at for index in changed for at in range(index - CONTEXT_LINES, index + CONTEXT_LINES + 1)}
    for index, row in enumerate(rows):
        if index in near:
            yield row
        elif index == 0 or index - 1 in near:
            yield "  …"


def _woven_lines(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the lines of both texts woven together; a line break is a piece of its own at the end of its line."""
    line: list[Piece] = []
    for piece in pieces:
        for part in safe_text(piece.text).splitlines(keepends=True):
            text = part.rstrip("\n")
            if text:
                line.append(Piece(piece.kind, text))
            if text != part:
                yield [*line, Piece(piece.kind, "\n")]
                line = []
    if line:
        yield line


def _rows(lines: Iterable[list[Piece]]) -> Iterator[str]:
    gone: list[str] = []
    came: list[str] = []
    for line in lines:
        kinds = {piece.kind for piece in line}
        if kinds == {PieceKind.EQUAL}:
            yield from (*gone, *came)
            gone, came = [], []
            yield f"  {_text(line, PieceKind.EQUAL, marked=False)}"
            continue
        if kinds != {PieceKind.INSERT}:
            gone.append(f"- {_text(line, PieceKind.DELETE, marked=kinds != {PieceKind.DELETE})}")
        if kinds != {PieceKind.DELETE}:
            came.append(f"+ {_text(line, PieceKind.INSERT, marked=kinds != {PieceKind.INSERT})}")
    yield from (*gone, *came)


def _text(line: Sequence[Piece], side: PieceKind, *, marked: bool) -> str:
    """Return one side of a woven line; a line break that came or went among other words is shown."""
    shown = ""
    for piece in line:
        if piece.kind is PieceKind.EQUAL:
            shown += piece.text.rstrip("\n")
        elif piece.kind is side:
            opening, closing = _MARKS[side] if marked else ("", "")
            text = piece.text.replace("\n", "⏎" if marked else "")
            shown += f"{opening}{text}{closing}" if text else ""
    return shown


def _value_lines(change: ValueChange) -> Iterator[str]:
    path = safe_text(change.path, one_line=True)
    for sign, value, absent in (
        ("-", change.before, ChangeKind.ADDED),
        ("+", change.after, ChangeKind.REMOVED),
    ):
        if change.kind is not absent:
            shown = shortened(safe_text(json.dumps(value, ensure_ascii=False), one_line=True), 200)
            yield f"{sign} {path}: {shown}"
