"""Runs as JUnit XML: a suite per run, a case per trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.eval_junit import eval_junit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.reported_run import ReportedRun


def write(runs: Sequence[ReportedRun]) -> str:
    """Return the document."""
    return eval_junit([list(run.rows()) for run in runs])
