"""What runs the check: workflows, actions, code owners. A check that its own change can rewrite is no check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import CHECK_FILES, GITHUB, PROJECT_PATH, FileChange
from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard.line_changes import line_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "workflow"

_ACTION_FILES = ("/action.yml", "/action.yaml")
_FOLDERS = (f"{GITHUB}/workflows/", f"{GITHUB}/actions/", f"{GITHUB}/CODEOWNERS")
_MAY_REPORT = re.compile(r"llmops|(checks|statuses):\s*write|write-all", re.IGNORECASE)
"""In a new workflow: it runs us, or may report a check in our name."""


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find changed and deleted files, and new ones that could speak for the check."""
    for path, change in context.sides.files.items():
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


def _guards_the_check(path: str) -> bool:
    if path == PROJECT_PATH:
        return False
    return path.startswith(_FOLDERS) or path in CHECK_FILES or path.endswith(_ACTION_FILES)
