"""`llmops status`: what is live, and how it relates to what is approved in Git."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._release_options import PRODUCTION, Environment, TargetUri
from llmops_cli.commands._release_place import Place, open_place
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.commands._release_git_view import CommitView


def status(
    ctx: typer.Context,
    *,
    env: Environment = PRODUCTION,
    target: TargetUri = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 unless every prompt is in sync and nothing is noted.")
    ] = False,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Compare what is live with the protected branch: in sync, unpublished, rolled back, drifted, orphan, and more.

    Without a repository it says what is live.
    """
    from llmops_cli.release.status import status_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.status_report import status_json, status_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as place:
        state = place.state()
        statuses = status_of(state, _git(workspace, place))
        if output_format is TextOrJson.JSON:
            console.payload(status_json(state, statuses))
        else:
            console.payload(status_text(state, statuses, place.target.label, console.report_page))
    return ExitCode.GATE_FAILED if exit_code and not all(item.fine for item in statuses) else ExitCode.PASS


def _git(workspace: Workspace, place: Place) -> "CommitView | None":
    from llmops_cli.commands._release_git_view import git_view  # noqa: PLC0415 - only when the command runs

    try:
        return git_view(workspace, place)
    except LlmopsError as error:
        workspace.console.error(f"warning: not compared with Git: {error}")
        return None
