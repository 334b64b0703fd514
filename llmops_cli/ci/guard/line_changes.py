"""The lines of a text file that differ, for files whose meaning we do not read: each run of lines is one change."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.ci.guard.context import GuardContext

MOST_SHOWN = 10
MOST_LINES = 5000
"""Beyond this, comparing line by line takes longer than a person would look."""


def line_changes(context: GuardContext, path: str, *, kind: str, what: str) -> Iterator[GateChange]:
    """Return each run of changed lines as a loosening; a file that is gone is one."""
    base = context.text(context.sides.base, path).splitlines()
    head = context.text(context.sides.head, path).splitlines()
    if not head:
        yield GateChange(
            kind=kind,
            path=path,
            line=1,
            side=Side.BASE,
            loosens=True,
            message=f"{what}: the file is deleted.",
            base_value=_cut(base),
            head_value="(deleted)",
        )
        return
    runs = list(_runs(base, head))
    for number, (old, new, line) in enumerate(runs):
        if number == MOST_SHOWN:
            message = f"{what}: {len(runs) - MOST_SHOWN} more places of this file are changed."
            yield GateChange(kind=kind, path=path, line=line, loosens=True, message=message)
            return
        yield GateChange(
            kind=kind,
            path=path,
            line=line,
            loosens=True,
            message=f"{what} is changed.",
            base_value=_cut(old),
            head_value=_cut(new) or "(removed)",
        )


def _runs(base: Sequence[str], head: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], int]]:
    if max(len(base), len(head)) > MOST_LINES:
        first = next(
            (i for i, (old, new) in enumerate(zip(base, head, strict=False)) if old != new), min(len(base), len(head))
        )
        yield base[first : first + 1], head[first : first + 1], first + 1
        return
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(None, base, head, autojunk=False).get_opcodes():
        if tag != "equal":
            yield base[old_start:old_end], head[new_start:new_end], min(new_start + 1, max(len(head), 1))


def _cut(lines: Sequence[str]) -> str:
    more = f" (+{len(lines) - 1} lines)" if len(lines) > 1 else ""
    return f"{shown(lines[0].strip())}{more}" if lines else ""
