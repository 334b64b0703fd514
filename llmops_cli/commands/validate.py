"""`llmops validate`: every finding of every file."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import BaseRevision
from llmops_cli.commands._shallow_clone import warn_of_unknown_versions
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Severity
from llmops_cli.reports.findings_text import count_severities, findings_summary, findings_text

if TYPE_CHECKING:
    from llmops_cli.registry.validation import FileReport

_FILES_PER_WRITE = 50


class FindingsFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    CODEQUALITY = "codequality"


def validate(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files or folders; everything when none is given.", show_default=False
        ),
    ] = None,
    *,
    base: BaseRevision = None,
    output_format: Annotated[
        FindingsFormat, typer.Option("--format", help="How to print the findings.")
    ] = FindingsFormat.TEXT,
) -> ExitCode:
    """Check prompts, suites, cases, baselines and settings.

    Lists every finding as path:line:column with its rule and what to do. Needs no model, no network, and Git
    only for --base, which adds the rules that compare with an earlier revision (versions, broken interfaces).
    Ends with 0 when there is no error (warnings are not errors), 3 when there is one, 6 when no file matched.
    """
    workspace = workspace_of(ctx)
    wanted = tuple(dict.fromkeys(workspace.relative(path) for path in paths or ()))
    reports = _reports(workspace, () if "" in wanted else wanted, base)
    if output_format is FindingsFormat.TEXT:
        return _as_text(workspace, reports)
    return _as_document(workspace, reports, output_format)


def _as_text(workspace: Workspace, reports: "Iterator[FileReport]") -> ExitCode:
    console = workspace.console
    page = console.page
    # a person sees each file at once; to a pipe or a log, a write for each of thousands of files is slow
    together = 1 if page.wrap or console.verbose else _FILES_PER_WRITE
    waiting: list[str] = []
    files, counts = 0, Counter[Severity]()
    for report in reports:
        files += 1
        if report.findings:
            counts.update(count_severities(report.findings))
            waiting.append(findings_text(report.findings, page))
            if len(waiting) >= together:
                console.payload("\n".join(waiting))
                waiting.clear()
        else:
            console.detail(f"{report.path}: fine")
    if waiting:
        console.payload("\n".join(waiting))
    _refuse_nothing(files, workspace)
    console.note_report(findings_summary(files, counts, console.error_page))
    return _exit_code(counts)


def _as_document(workspace: Workspace, reports: "Iterator[FileReport]", output_format: FindingsFormat) -> ExitCode:
    collected = list(reports)
    findings = [finding for report in collected for finding in report.findings]
    console = workspace.console
    if output_format is FindingsFormat.JSON:
        from llmops_cli.reports.findings_json import findings_json  # noqa: PLC0415 - only when the command runs

        console.payload(findings_json(findings, files=len(collected)))
    elif output_format is FindingsFormat.SARIF:
        from llmops_cli import __version__  # noqa: PLC0415 - only when the command runs
        from llmops_cli.registry.rules import RULES  # noqa: PLC0415 - only when the command runs
        from llmops_cli.reports.findings_sarif import findings_sarif  # noqa: PLC0415 - only when the command runs

        summaries = {name: RULES.row(name).summary for name in RULES}
        console.payload(findings_sarif(findings, tool_version=__version__, summaries=summaries))
    elif output_format is FindingsFormat.CODEQUALITY:
        from llmops_cli.reports.findings_codequality import findings_codequality  # noqa: PLC0415 - only for this format

        console.payload(findings_codequality(findings))
    elif findings:
        from llmops_cli.reports.findings_github import findings_github  # noqa: PLC0415 - only when the command runs

        console.payload(findings_github(findings))
    _refuse_nothing(len(collected), workspace)
    return _exit_code(count_severities(findings))


def _reports(workspace: Workspace, paths: tuple[str, ...], base: str | None) -> "Iterator[FileReport]":
    from itertools import chain  # noqa: PLC0415 - only when the command runs

    from llmops_cli.evals.baselines.baseline_validation import baseline_reports  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.validation import validate as validate_files  # noqa: PLC0415 - only when the command runs

    # a project file with errors is one more invalid file here, not a reason to stop
    settings = workspace.project.settings
    catalog = Catalog(workspace.tree, settings)
    baselines = baseline_reports(catalog, paths)
    if base is None:
        return chain(validate_files(catalog, metrics=KNOWN_METRICS, paths=paths), baselines)
    from llmops_cli.registry.history.prompt_history import GitVersions  # noqa: PLC0415 - only when the command runs

    versions = GitVersions(workspace.repository, settings, base)
    warn_of_unknown_versions(workspace.console, versions)
    files = validate_files(
        catalog,
        metrics=KNOWN_METRICS,
        paths=paths,
        base=Catalog(workspace.repository.tree_at(base), settings),
        versions=versions,
    )
    return chain(files, baselines)


def _refuse_nothing(files: int, workspace: Workspace) -> None:
    if files == 0:
        message = "there is no file to check."
        raise NothingMatchedError(message, where=str(workspace.root), hint="Make a first prompt: llmops new my-prompt")


def _exit_code(counts: Mapping[Severity, int]) -> ExitCode:
    return ExitCode.INVALID_FILE if counts.get(Severity.ERROR) else ExitCode.PASS
