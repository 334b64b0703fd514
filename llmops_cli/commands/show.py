"""`llmops show`: one prompt on one page."""

import typer

from llmops_cli.commands._parameters import Format, PromptName, TextOrJson
from llmops_cli.commands._prompt_reference import FoundPrompt, find_prompt
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.registry.suites import load_suite


def show(ctx: typer.Context, name: PromptName, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """Show one prompt: text, settings, score, cost, next step."""
    from llmops_cli.commands._call_cost import call_estimate, template_messages  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._scores import committed_score, score_note  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.show_report import PromptPage, show_json, show_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    found = find_prompt(workspace, name)
    prompt = found.prompt
    catalog = workspace.catalog if found.revision is None else workspace.catalog_at(found.revision)
    suite_path = catalog.suite_path_of(prompt.id)
    suite = load_suite(catalog, prompt.id, KNOWN_METRICS).suite if suite_path else None
    page = PromptPage(
        prompt=prompt,
        label=found.label,
        estimate=call_estimate(prompt, template_messages(prompt), workspace.settings),
        suite_path=suite_path,
        cases=len(suite.cases) if suite else None,
        score=committed_score(catalog.tree, workspace.settings, prompt),
        score_note=score_note(catalog.tree, workspace.settings, prompt),
        rollback_to=_rollback_to(workspace, found),
    )
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(show_json(page))
        return ExitCode.PASS
    console.payload(show_text(page, console.report_page))
    console.note(
        f"\nNext: llmops eval {prompt.id}" if suite_path else f"\nNext: write {_suite_path(workspace, prompt.id)}"
    )
    return ExitCode.PASS


def _rollback_to(workspace: Workspace, found: FoundPrompt) -> int | None:
    """Return the pointer of the file, else the newest earlier version in the history, where there is one."""
    prompt = found.prompt
    if prompt.rollback_to is not None or not workspace.place.in_git:
        return prompt.rollback_to
    from llmops_cli.registry.history.prompt_history import versions_in  # noqa: PLC0415 - only when the command runs

    try:
        versions = versions_in(workspace.repository, prompt.id, workspace.settings, found.revision or "HEAD")
    except LlmopsError as error:
        # one line of the page is not worth losing the page: a repository Git does not trust still shows its files
        workspace.console.detail(f"history: {error}")
        return None
    return max((version for version in versions if version < prompt.version), default=None)


def _suite_path(workspace: Workspace, prompt_id: str) -> str:
    return f"{workspace.settings.paths.evals}/{prompt_id}.yaml"
