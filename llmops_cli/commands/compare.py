"""`llmops compare`: two runs beside each other."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._document import write_document
from llmops_cli.commands._secrets import masked
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.commands._run_record import StoredRun
    from llmops_cli.evals.comparing.comparison import Comparison
    from llmops_cli.reports.compare_view import RunComparison


class CompareFormat(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


ALL_CASES = 1_000_000
_SAME_YARDSTICK = {"dataset": "cases", "metrics": "metrics", "tiers": "tiers", "fail_fast_tier": "fail-fast rule"}


def compare(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A run's name.", show_default=False)],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="A run's name, or latest.")] = "latest",
    *,
    every: Annotated[bool, typer.Option("--all", help="Quote every case that changed.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one self-contained HTML page.", show_default=False),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with the code of the verdict.")] = False,
    output_format: Annotated[CompareFormat, typer.Option("--format", help="How to print it.")] = CompareFormat.TEXT,
) -> ExitCode:
    """Compare two runs: metrics, cases that flipped, both answers.

    The statistics are those of the gate. Runs that were measured on other cases or with other metrics are shown
    beside each other, and not decided.
    """
    from llmops_cli.reports.compare_text import MOST_CASES, compare_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    view, code = _compared(workspace, before, after)
    if html is not None:
        from llmops_cli.reports.html.compare_page import compare_page  # noqa: PLC0415 - only this format

        write_document(workspace, html, masked(compare_page(view), workspace.invocation.environ))
    elif output_format is CompareFormat.TEXT:
        most = ALL_CASES if every else MOST_CASES
        workspace.console.report(compare_text(view, workspace.console.report_page, most_cases=most))
    else:
        workspace.console.report(_document(view, output_format))
    return code if exit_code else ExitCode.PASS


def _document(view: "RunComparison", output_format: CompareFormat) -> str:
    if output_format is CompareFormat.MARKDOWN:
        from llmops_cli.reports.compare_markdown import compare_markdown  # noqa: PLC0415 - only this format

        return compare_markdown(view)
    if output_format is CompareFormat.HTML:
        from llmops_cli.reports.html.compare_page import compare_page  # noqa: PLC0415 - only this format

        return compare_page(view)
    import json  # noqa: PLC0415 - only this format

    return json.dumps(view.as_json(), ensure_ascii=True, indent=2)


def _compared(workspace: Workspace, before: str, after: str) -> "tuple[RunComparison, ExitCode]":
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_record import stored_run, summary_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.compare_view import (  # noqa: PLC0415 - only when the command runs
        RunComparison,
        case_changes,
        metric_changes,
    )

    folders = run_folders(workspace.root)
    runs = [stored_run(workspace, folders.record(name)) for name in (before, after)]
    prompts = [run.job.prompt.id for run in runs]
    if prompts[0] != prompts[1]:
        message = f"these are runs of two prompts, '{prompts[0]}' and '{prompts[1]}'."
        raise UsageError(message, hint="List the runs: llmops runs list")
    summaries = [summary_of(run, trials_to_show=0) for run in runs]
    differing = _differing(*runs)
    comparison = None if differing else _decided(workspace, *runs)
    reasons = (f"Not decided: the runs have other {' and '.join(differing)}.",)
    view = RunComparison(
        before=summaries[0],
        after=summaries[1],
        before_name=runs[0].record.name,
        after_name=runs[1].record.name,
        word=_word(comparison),
        reasons=comparison.verdict.reasons if comparison else reasons,
        metrics=metric_changes(summaries[0], summaries[1], comparison),
        cases=case_changes(
            {case.id: case for case in runs[1].job.suite.cases},
            *(read_entries(run.record.journal) for run in runs),
        ),
        notes=_notes(*runs),
    )
    return view, comparison.verdict.kind.exit_code if comparison else ExitCode.INCOMPARABLE


def _word(comparison: "Comparison | None") -> str:
    if comparison is None:
        return "INCOMPARABLE"
    return "PASS, improved" if comparison.improved else comparison.verdict.kind.value.upper()


def _differing(before: "StoredRun", after: "StoredRun") -> list[str]:
    """Name what the two runs were not measured alike with, as their journals say."""
    sides = [run.record.header["identity"] for run in (before, after)]
    if not isinstance(sides[0], dict) or not isinstance(sides[1], dict):
        return ["yardsticks"]
    return [word for name, word in _SAME_YARDSTICK.items() if sides[0].get(name) != sides[1].get(name)]


def _notes(before: "StoredRun", after: "StoredRun") -> tuple[str, ...]:
    notes = []
    sides = (before.record.header, after.record.header)
    if sides[0]["model"] != sides[1]["model"]:
        notes.append(f"The models differ: {sides[0]['model']}, then {sides[1]['model']}.")
    for label, run in (("before", before), ("after", after)):
        if not run.record.complete:
            notes.append(f"The run {label} is not complete.")
    if "cases" in after.changed:
        notes.append("The suite has changed since: expected answers are those of now.")
    return tuple(notes)


def _decided(workspace: Workspace, before: "StoredRun", after: "StoredRun") -> "Comparison":
    from llmops_cli.commands._judge_licences import suite_licences  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_record import measured_run_of, summary_of  # noqa: PLC0415 - only when it runs
    from llmops_cli.evals.comparing.comparison import compare_run  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.unlicensed import unlicensed  # noqa: PLC0415 - only when the command runs

    suite = after.job.suite
    licences = suite_licences(workspace.catalog, suite)
    measured = [
        measured_run_of(
            workspace, run.job, run.record, summary_of(run, trials_to_show=0), only_warn=unlicensed(licences)
        )
        for run in (before, after)
    ]
    return compare_run(measured[0], measured[1], suite.gate, final=True, licences=licences)
