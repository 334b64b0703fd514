"""`llmops report`: a run as a document for other programs and people."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.commands._document import write_document
from llmops_cli.commands._secrets import masked
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.commands.runs import ALL_TRIALS, RunName
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode


class ReportFormat(StrEnum):
    """The documents that a run can become."""

    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"
    CSV = "csv"
    JSONL = "jsonl"
    HTML = "html"


def report(
    ctx: typer.Context,
    name: RunName = "latest",
    *,
    output_format: Annotated[
        ReportFormat, typer.Option("--format", help="The kind of document.")
    ] = ReportFormat.MARKDOWN,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one self-contained HTML page.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.", show_default=False),
    ] = None,
) -> ExitCode:
    """Turn a run into a document: HTML, Markdown, JSON, JUnit, CSV.

    The HTML page loads nothing from anywhere and reads without scripts; it can be mailed or kept as an artefact.
    """
    from llmops_cli.commands._eval_formats import as_document  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_outcome import outcome_of_record  # noqa: PLC0415 - only when the command runs

    if html is not None:
        if output is not None or output_format is not ReportFormat.MARKDOWN:
            message = "--html FILE is a format and a file; leave --format and --output out."
            raise UsageError(message)
        output, output_format = html, ReportFormat.HTML
    workspace = workspace_of(ctx)
    outcome, stored = outcome_of_record(workspace, name, trials_to_show=ALL_TRIALS)
    document = as_document([outcome], [(stored.job, stored.record)], output_format.value)
    if output is None:
        workspace.console.report(document)
        return ExitCode.PASS
    write_document(workspace, output, masked(document, workspace.invocation.environ))
    return ExitCode.PASS
