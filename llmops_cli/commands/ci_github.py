"""`llmops ci github`: the gate as a step of a GitHub workflow."""

from typing import Annotated

import typer

from llmops_cli.commands._ci_settings import USUAL_LOGIN, CiSettings
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode


def ci_github(  # noqa: PLR0913 - the inputs of the Action, grouped in the first line
    ctx: typer.Context,
    *,
    base: Annotated[
        str,
        typer.Option("--base", metavar="REV", envvar="LLMOPS_CI_BASE", help="Instead of the event's base."),
    ] = "",
    strict: Annotated[
        bool, typer.Option("--strict", envvar="LLMOPS_CI_STRICT", help="Fail where there is no verdict.")
    ] = False,
    approved: Annotated[
        str,
        typer.Option("--approved", metavar="TEXT", envvar="LLMOPS_CI_APPROVED", help="Who approved the loosenings."),
    ] = "",
    replay: Annotated[
        bool, typer.Option("--replay", envvar="LLMOPS_CI_REPLAY", help="Answer from the committed recordings only.")
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(
            "--max-cost",
            metavar="USD",
            min=0,
            envvar="LLMOPS_CI_MAX_COST",
            help="Spend at most this on the whole check.",
        ),
    ] = None,
    allow_commands: Annotated[
        bool,
        typer.Option(
            "--allow-commands",
            envvar="LLMOPS_CI_ALLOW_COMMANDS",
            help="Let programs answer (LLMOPS_COMMAND_…), also of the change.",
        ),
    ] = False,
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", envvar="LLMOPS_CI_NAME", help="Tells several checks apart."),
    ] = "gate",
    login: Annotated[
        str,
        typer.Option("--login", metavar="LOGIN", envvar="LLMOPS_CI_LOGIN", help="Who comments with the token."),
    ] = USUAL_LOGIN,
    comment: Annotated[
        bool, typer.Option("--comment/--no-comment", envvar="LLMOPS_CI_COMMENT", help="Comment on the pull request.")
    ] = True,
    check_run: Annotated[
        str,
        typer.Option("--check-run", metavar="NAME", envvar="LLMOPS_CI_CHECK_RUN", help="Also make this check run."),
    ] = "",
) -> ExitCode:
    """Run the gate for the event of a GitHub workflow.

    Reads the event from GITHUB_EVENT_NAME and GITHUB_EVENT_PATH (pull_request, push, merge_group,
    workflow_dispatch, schedule), compares its two commits as `llmops gate` does, and writes annotations, step
    summary, outputs, one comment per pull request (with GITHUB_TOKEN), and, when named, a check run.

    Ends with 0 where the check may be green: it passes, nothing is affected, or it cannot tell and the policy lets that
    through (neutral). Else with the exit code of `llmops gate`.
    """
    from llmops_cli.commands._ci_flow import run_check  # noqa: PLC0415 - only when the command runs

    settings = CiSettings(
        base=base,
        strict=strict,
        approved_by=approved.strip(),
        replay=replay,
        max_cost_usd=max_cost,
        allow_commands=allow_commands,
        name=_name(name),
        login=login,
        comment=comment,
        check_run=check_run.strip(),
    )
    return run_check(workspace_of(ctx), settings)


def _name(name: str) -> str:
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 60):  # noqa: PLR2004 - it is shown
        message = "--name takes letters, digits and hyphens, at most 60."
        raise UsageError(message)
    return name
