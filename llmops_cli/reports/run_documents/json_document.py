"""Runs as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.eval_json import eval_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.reported_run import ReportedRun


def write(runs: Sequence[ReportedRun]) -> str:
    """Return the document."""
    return eval_json([run.outcome for run in runs])
