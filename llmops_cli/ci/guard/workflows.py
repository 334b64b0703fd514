"""What runs the check: workflows, actions, code owners. A check that its own change can rewrite is no check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import CHECK_FILES, GITHUB, PIN_FILES, PROJECT_PATH, FileChange
from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown
from llmops_cli.ci.guard.line_changes import line_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "workflow"

_ACTION_FILES = ("/action.yml", "/action.yaml")
_FOLDERS = (f"{GITHUB}/workflows/", f"{GITHUB}/actions/", f"{GITHUB}/CODEOWNERS")
_PIN = re.compile(r"\bllmops-cli\b\s*(\[[^\]]*\])?\s*(===?|~=|>=|<=|!=|<|>|@)")
"""A requirement on this package."""

_MAY_REPORT = re.compile(r"llmops|(checks|statuses):\s*write|write-all", re.IGNORECASE)
"""In a new workflow: it runs us, or may report a check in our name."""


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find changed and deleted files, and new ones that could speak for the check."""
    for path, change in context.sides.files.items():
        if path in PIN_FILES:
            yield from _pins(context, path)
        if not _guards_the_check(path):
            continue
        if change is not FileChange.ADDED:
            yield from line_changes(context, path, kind=KIND, what="what runs or guards the check")
            continue
        lines = context.text(context.sides.head, path).splitlines()
        speaks = next((number for number, line in enumerate(lines, 1) if _MAY_REPORT.search(line)), 0)
        yield GateChange(
            kind=KIND,
            path=path,
            line=speaks or 1,
            loosens=bool(speaks),
            message="a new file could report a check in place of this one." if speaks else "a workflow file is added.",
            head_value=lines[speaks - 1].strip()[:200] if speaks else "",
        )


def _pins(context: GuardContext, path: str) -> Iterator[GateChange]:
    """Find lines that ask for another version of this program: another program would be the judge."""
    before, after = (_pinned(context.text(side, path)) for side in (context.sides.base, context.sides.head))
    if [line for _, line in before] == [line for _, line in after]:
        return
    old, new = (" ".join(line for _, line in lines) for lines in (before, after))
    number, side = (after[0][0], Side.HEAD) if after else (before[0][0], Side.BASE)
    yield GateChange(
        kind=KIND,
        path=path,
        line=number,
        side=side,
        loosens=bool(before),
        message="another version of llmops would run the check.",
        base_value=shown(old) or "(not named)",
        head_value=shown(new) or "(removed)",
    )


def _pinned(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if _PIN.search(line)]


def _guards_the_check(path: str) -> bool:
    if path == PROJECT_PATH:
        return False
    return path.startswith(_FOLDERS) or path in CHECK_FILES or path.endswith(_ACTION_FILES)
