"""Outcomes of runs as a document of one format: what `eval --format` and `report` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.run_folder import RunRecord
    from llmops_cli.reports.eval_outcome import EvalOutcome


def as_document(outcomes: Sequence[EvalOutcome], runs: Sequence[tuple[EvalJob, RunRecord]], output_format: str) -> str:
    """Return the document. Lists of trials (junit, csv, jsonl, html) are read from the journals of `runs`."""
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.trial_rows import trial_rows  # noqa: PLC0415 - only when the command runs

    if output_format == "json":
        from llmops_cli.reports.eval_json import eval_json  # noqa: PLC0415 - only this format

        return eval_json(outcomes)
    if output_format == "markdown":
        from llmops_cli.reports.eval_markdown import eval_markdown  # noqa: PLC0415 - only this format

        return eval_markdown(outcomes)
    if output_format == "html":
        from llmops_cli.reports.html.run_page import run_page  # noqa: PLC0415 - only this format

        pairs = zip(outcomes, runs, strict=True)
        return run_page([(outcome, job, list(read_entries(record.journal))) for outcome, (job, record) in pairs])
    if output_format == "jsonl":
        from llmops_cli.reports.eval_jsonl import eval_jsonl  # noqa: PLC0415 - only this format

        return eval_jsonl((job, read_entries(record.journal)) for job, record in runs)
    lists = [list(trial_rows(job, read_entries(record.journal))) for job, record in runs]
    if output_format == "junit":
        from llmops_cli.reports.eval_junit import eval_junit  # noqa: PLC0415 - only this format

        return eval_junit(lists)
    from llmops_cli.reports.eval_csv import eval_csv  # noqa: PLC0415 - only this format

    return eval_csv(row for rows in lists for row in rows)
