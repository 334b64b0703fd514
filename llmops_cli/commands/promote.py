"""`llmops promote`: the releases of one environment in another, the same bytes."""

from typing import Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._release_apply import carry_out
from llmops_cli.commands._release_branch import asked_policy
from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import PRODUCTION, AllowAccepted, AllowBreaking, Reason, ReleasedPrompts
from llmops_cli.commands._release_place import Place, open_place
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.core.exit_codes import ExitCode

SameTarget = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="URI", help="The place of both environments, without llmops.yaml.", show_default=False
    ),
]


def promote(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompts: ReleasedPrompts = None,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NAME", help="Where they are live; promote_from if not given.", show_default=False
        ),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Where they become live.")] = PRODUCTION,
    allow_accepted: AllowAccepted = False,
    allow_breaking: AllowBreaking = False,
    reason: Reason = "",
    target: SameTarget = None,
    dry_run: DryRun = False,
) -> ExitCode:
    """Make live in one environment what is live in another: these prompts, or all, as one step. Nothing is rebuilt."""
    from llmops_cli.release.promote import plan_promote  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason)
    with open_place(workspace, to, target) as place, open_place(workspace, _source(place, source), target) as origin:
        planned = plan_promote(
            (origin.state(), origin.target),
            (place.state(), place.target),
            tuple(prompts or ()),
            intent,
            asked_policy(workspace, place, allow_accepted=allow_accepted, reason=reason),
            allow_breaking=allow_breaking,
        )
        if carry_out(workspace.console, planned, place.target, dry_run=dry_run) is not None:
            workspace.console.note(f"\nNext: llmops status --env {to}")
    return ExitCode.PASS


def _source(place: Place, named: str | None) -> str:
    """Return where to promote from: what the project file demands, and what was asked for, have to agree."""
    demanded = place.settings.promote_from if place.settings else None
    if named and demanded and named != demanded:
        message = f"'{place.environment}' is promoted from '{demanded}', not from '{named}'."
        raise RefusedError(message, where="llmops.yaml", hint=f"llmops promote --from {demanded}")
    found = named or demanded
    if found is None:
        message = "name where to promote from."
        raise UsageError(message, hint="--from staging, or promote_from: staging in llmops.yaml.")
    if found == place.environment:
        message = f"'{found}' cannot be promoted into itself."
        raise UsageError(message)
    return found
