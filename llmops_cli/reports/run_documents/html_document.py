"""Runs as one HTML page that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.html.run_page import run_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.reported_run import ReportedRun


def write(runs: Sequence[ReportedRun]) -> str:
    """Return the document."""
    return run_page([(run.outcome, run.job, list(run.entries())) for run in runs])
