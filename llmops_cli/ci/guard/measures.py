"""Another file that a suite measures with (a schema, a list that a metric names) is changed or gone."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import PROJECT_PATH, FileChange
from llmops_cli.ci.guard.judges import is_of_judges
from llmops_cli.ci.guard.line_changes import line_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.guard.context import GuardContext

KIND = "measure"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find the files that suites name and that no other guard reads."""
    named = {reason.path for reasons in context.affected.values() for reason in reasons if len(reason.through) > 2}  # noqa: PLR2004 - prompt, suite, file
    datasets = {path for pair in context.suite_pairs for path in (*pair.base.datasets, *pair.head.datasets)}
    for path in sorted(named - datasets - {PROJECT_PATH}):
        unread = not is_of_judges(context, path) and PurePosixPath(path).suffix not in {".jsonl", ".csv"}
        if unread and context.sides.files[path] is not FileChange.ADDED:
            yield from line_changes(context, path, kind=KIND, what="a file that a suite measures with")
