"""`llmops gate`: what CI runs. Validates, guards the gate, evaluates what the change reaches, ends in one verdict."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import BaseRevision
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from llmops_cli.ci.gate_report import GateReport


class GateFormat(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    CODEQUALITY = "codequality"


def gate(  # noqa: PLR0913 - the options of the command; they are grouped in its first lines
    ctx: typer.Context,
    *,
    base: BaseRevision = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="REV", help="Judge this revision, not the work tree.", show_default=False),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Call the check failed where there is no verdict (5, 6, 7, 10).")
    ] = False,
    approved: Annotated[
        str,
        typer.Option("--approved", metavar="TEXT", help="Who approved the listed loosenings.", show_default=False),
    ] = "",
    replay: Annotated[bool, typer.Option("--replay", help="Answer from the committed recordings only.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask live, whatever the cache holds.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor fill the response cache.")] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(
            "--max-cost", metavar="USD", min=0, help="Spend at most this on the whole check.", show_default=False
        ),
    ] = None,
    max_calls: Annotated[
        int | None,
        typer.Option("--max-calls", metavar="N", min=0, help="Ask models at most so often.", show_default=False),
    ] = None,
    allow_commands: Annotated[
        bool, typer.Option("--allow-commands", help="Let programs answer (LLMOPS_COMMAND_…), also of the change.")
    ] = False,
    output_format: Annotated[GateFormat, typer.Option("--format", help="How to print the report.")] = GateFormat.TEXT,
) -> ExitCode:
    """Decide whether a change may pass: files, guard of the gate, and evaluation of what it reaches.

    Suites, thresholds, baselines and providers are read from the base (--base; else origin/HEAD, main or master), so
    that a change cannot loosen the gate that judges it. Every loosening is listed with its line and holds the check.

    Nobody is asked before money is spent (budget.confirm_above_usd is for eval): --max-cost limits the whole check.

    Ends with 0 on a pass, 1 on a regression, 3 for invalid files, 8 when held, 5 when a provider failed, 6 when
    something affected was not run, 7 incomparable, 10 inconclusive. Of several the gravest: 3, 1, 8, 5, 10, 7, 6, 0.
    """
    import asyncio  # noqa: PLC0415 - only when the command runs

    from llmops_cli.commands._gate_flow import GateOptions, run_gate  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.gateway_settings import AnswerMode  # noqa: PLC0415 - only when the command runs

    if replay and live:
        message = "--replay and --live exclude each other."
        raise UsageError(message)
    options = GateOptions(
        base=base,
        head=head,
        strict=strict,
        approved_by=approved.strip(),
        mode=AnswerMode.REPLAY if replay else AnswerMode.LIVE if live else AnswerMode.AUTO,
        use_cache=not no_cache,
        max_cost_usd=max_cost,
        max_calls=max_calls,
        allow_commands=allow_commands,
    )
    workspace = workspace_of(ctx)
    report = asyncio.run(run_gate(workspace, options))
    _show(workspace, report, output_format)
    return report.exit_code


def _show(workspace: Workspace, report: "GateReport", output_format: GateFormat) -> None:
    console = workspace.console
    if output_format is GateFormat.JSON:
        import json  # noqa: PLC0415 - only for this format

        console.payload(json.dumps(report.as_json(), ensure_ascii=True, indent=2))
    elif output_format is GateFormat.MARKDOWN:
        from llmops_cli.ci.gate_markdown import gate_markdown  # noqa: PLC0415 - only for this format

        console.payload(gate_markdown(report))
    elif output_format is GateFormat.JUNIT:
        from llmops_cli.ci.gate_junit import gate_junit  # noqa: PLC0415 - only for this format

        console.payload(gate_junit(report))
    elif output_format is GateFormat.CODEQUALITY:
        from llmops_cli.ci.gate_remarks import remarks  # noqa: PLC0415 - only for this format
        from llmops_cli.reports.findings_codequality import findings_codequality  # noqa: PLC0415 - only for this format

        console.payload(findings_codequality(remarks(report)))
    else:
        from llmops_cli.ci.gate_text import gate_text  # noqa: PLC0415 - only for this format

        console.payload(gate_text(report, console.report_page))
    if report.next_step:
        console.note(f"\nNext: {safe_text(report.next_step, one_line=True)}")
