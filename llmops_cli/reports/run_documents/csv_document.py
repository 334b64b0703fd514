"""Runs as a table: one trial a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.eval_csv import eval_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.reported_run import ReportedRun


def write(runs: Sequence[ReportedRun]) -> str:
    """Return the document."""
    return eval_csv(row for run in runs for row in run.rows())
