"""`llmops runs list|show`: what was measured on this machine."""

from itertools import islice
from typing import Annotated

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import NothingMatchedError
from llmops_cli.core.exit_codes import ExitCode

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or latest.")]
ALL_TRIALS = 1_000_000


def list_runs(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most N runs.")] = 20,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """List the runs of this machine, newest first."""
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.runs_report import runs_json, runs_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    records = list(islice(run_folders(workspace.root).records(), limit))
    if output_format is TextOrJson.JSON:
        console.payload(runs_json(records))
    if not records:
        message = "there are no runs here."
        raise NothingMatchedError(message, where=str(workspace.root), hint="Make one: llmops eval")
    if output_format is TextOrJson.TEXT:
        console.payload(runs_text(records, console.report_page))
        console.note(f"\nNext: llmops runs show {records[0].name}")
    return ExitCode.PASS


def show_run(
    ctx: typer.Context,
    name: RunName = "latest",
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show one run with every failing case.

    Expected answers are those of the suite as it is now; a note says when it has changed since the run.
    """
    from llmops_cli.commands._run_outcome import outcome_of_record  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.eval_json import eval_json  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.eval_text import eval_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    outcome, stored = outcome_of_record(workspace, name, trials_to_show=ALL_TRIALS)
    if output_format is TextOrJson.JSON:
        console.report(eval_json([outcome]))
        return ExitCode.PASS
    console.report(eval_text(outcome, console.report_page, most_cases=ALL_TRIALS))
    console.note(f"\nNext: llmops report {stored.record.name}")
    return ExitCode.PASS
