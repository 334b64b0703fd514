"""`llmops report`: a run as a document for other programs and people."""

from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.commands._document import write_document
from llmops_cli.commands._eval_formats import as_document, complete_format, format_parser
from llmops_cli.commands._secrets import masked
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.commands.runs import ALL_TRIALS, RunName
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode

MARKDOWN = "markdown"


def report(  # noqa: PLR0913 - the options of the command, each its own
    ctx: typer.Context,
    name: RunName = "latest",
    *,
    output_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="[markdown|json|junit|csv|jsonl|html]",
            help="The kind of document, also one of an installed package.",
            parser=format_parser(),
            autocompletion=complete_format,
        ),
    ] = MARKDOWN,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one self-contained HTML page.", show_default=False),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit report.", show_default=False)
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write a Markdown page.", show_default=False)
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table, one trial a line.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.", show_default=False),
    ] = None,
) -> ExitCode:
    """Turn a run into a document: HTML, Markdown, JSON, JUnit, CSV.

    The HTML page loads nothing from anywhere and reads without scripts; it can be mailed or kept as an artefact.
    """
    from llmops_cli.commands._run_outcome import outcome_of_record  # noqa: PLC0415 - only when the command runs

    files = {"html": html, "junit": junit, "markdown": markdown, "csv": csv}
    named = {kind: path for kind, path in files.items() if path is not None}
    if named:
        if len(named) > 1 or output is not None or output_format != MARKDOWN:
            message = f"--{next(iter(named))} FILE is a format and a file; leave the others, --format and --output out."
            raise UsageError(message, hint="One document at a time: the command may be called again.")
        ((output_format, output),) = named.items()
    workspace = workspace_of(ctx)
    outcome, stored = outcome_of_record(workspace, name, trials_to_show=ALL_TRIALS)
    document = as_document([outcome], [(stored.job, stored.record)], output_format)
    if output is None:
        workspace.console.report(document)
        return ExitCode.PASS
    write_document(workspace, output, masked(document, workspace.invocation.environ))
    return ExitCode.PASS
