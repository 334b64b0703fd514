"""Runs as JSON lines: one trial a line, with everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.eval_jsonl import eval_jsonl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.reported_run import ReportedRun


def write(runs: Sequence[ReportedRun]) -> str:
    """Return the document."""
    return eval_jsonl((run.job, run.entries()) for run in runs)
