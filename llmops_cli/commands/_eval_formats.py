"""Outcomes of runs as a document of one format: what `eval --format` and `report` print."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import typer

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.run_folder import RunRecord
    from llmops_cli.reports.eval_outcome import EvalOutcome
    from llmops_cli.reports.reported_run import WriteDocument

TEXT = "text"
"""What `eval` shows while it runs; no document."""


def as_document(outcomes: Sequence[EvalOutcome], runs: Sequence[tuple[EvalJob, RunRecord]], output_format: str) -> str:
    """Return the document. Lists of trials (junit, csv, jsonl, html) are read from the journals of `runs`.

    Raises:
        SetupError: the format is one of another package that does not work.
    """
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.reported_run import ReportedRun  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.run_documents import RUN_DOCUMENTS  # noqa: PLC0415 - only when the command runs

    reported = [
        ReportedRun(outcome=outcome, job=job, entries=partial(read_entries, record.journal))
        for outcome, (job, record) in zip(outcomes, runs, strict=True)
    ]
    if RUN_DOCUMENTS.row(output_format).package:
        from llmops_cli.reports.foreign_document import foreign_document  # noqa: PLC0415 - few projects have one

        return foreign_document(output_format, reported)
    return cast("WriteDocument", RUN_DOCUMENTS.resolve(output_format))(reported)


def format_parser(*also: str) -> Callable[[str], str]:
    """Return the check of a `--format`: the names in `also`, our formats, and those of installed packages.

    A format that is loaded, and refused, before anything runs: what is paid for is shown.
    """

    def parse(value: str) -> str:
        from llmops_cli.reports.run_documents import RUN_DOCUMENTS  # noqa: PLC0415 - only when the command runs

        if value in also:
            return value
        if value in RUN_DOCUMENTS or value in RUN_DOCUMENTS.refused():
            RUN_DOCUMENTS.resolve(value)
            return value
        known = (*also, *RUN_DOCUMENTS)
        message = f"'{value}' is not one of {', '.join(known)}. {did_you_mean(value, known)}".rstrip()
        raise typer.BadParameter(message)

    return parse


def complete_format(incomplete: str) -> list[str]:
    """Return the formats that start with `incomplete`; never an error, the shell would show it as a proposal."""
    from llmops_cli.reports.run_documents import RUN_DOCUMENTS  # noqa: PLC0415 - only at TAB

    try:
        return [name for name in RUN_DOCUMENTS if name.startswith(incomplete)]
    except LlmopsError:
        return []
