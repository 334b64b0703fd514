"""`llmops list`: the prompts there are."""

from typing import TYPE_CHECKING

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.registry.suites import load_suite

if TYPE_CHECKING:
    from llmops_cli.reports.list_report import PromptRow


def list_prompts(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """List the prompts with version, owner, model, cases and score.

    The score is the one of the committed baseline.
    """
    from llmops_cli.reports.list_report import list_json, list_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    rows = [_row(workspace, prompt_id) for prompt_id in workspace.catalog.prompt_ids()]
    if output_format is TextOrJson.JSON:
        console.payload(list_json(rows))
    if not rows:
        message = "there are no prompts here."
        raise NothingMatchedError(message, where=str(workspace.root), hint="Make one: llmops new my-prompt")
    if output_format is TextOrJson.TEXT:
        console.payload(list_text(rows, console.report_page))
        broken = sum(row.errors > 0 for row in rows)
        console.note("\nNext: llmops validate" if broken else "\nNext: llmops show PROMPT")
    return ExitCode.PASS


def _row(workspace: Workspace, prompt_id: str) -> "PromptRow":
    from llmops_cli.commands._scores import committed_score  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.list_report import PromptRow  # noqa: PLC0415 - only when the command runs

    catalog = workspace.catalog
    loaded = catalog.load(prompt_id)
    suite = load_suite(catalog, prompt_id, KNOWN_METRICS).suite if catalog.suite_path_of(prompt_id) else None
    prompt = loaded.prompt
    return PromptRow(
        id=prompt_id,
        path=loaded.path,
        version=prompt.version if prompt else None,
        owner=prompt.owner if prompt else "",
        model=prompt.model.name if prompt else "",
        cases=len(suite.cases) if suite else None,
        score=committed_score(workspace.tree, workspace.settings, prompt) if prompt else None,
        errors=sum(finding.is_error for finding in loaded.findings),
    )
