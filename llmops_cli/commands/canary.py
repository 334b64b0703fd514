"""`llmops canary start|step|promote|abort`: a release for a part of the users first."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._release_apply import carry_out
from llmops_cli.commands._release_branch import asked_policy
from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import (
    PRODUCTION,
    AllowAccepted,
    Environment,
    Reason,
    ReleasedPrompt,
    TargetUri,
)
from llmops_cli.commands._release_place import Place, open_place
from llmops_cli.commands._release_versions import version_number
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.core.releases import Release

Weight = Annotated[int, typer.Option("--weight", metavar="PERCENT", min=0, max=100, help="Part of the users.")]
FIRST_WEIGHT = 10


def start_canary(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="The environment where it is live; promote_from if not given.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version", metavar="VERSION", help="A version that this target has already.", show_default=False
        ),
    ] = None,
    weight: Weight = FIRST_WEIGHT,
    env: Environment = PRODUCTION,
    allow_accepted: AllowAccepted = False,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Give a part of the users the release that is live elsewhere (--from), or a version released before.

    Who gets it follows from a hash of the targeting key, so that everybody keeps what they have got.
    """
    from llmops_cli.release.canary_plans import plan_start  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason)
    with open_place(workspace, env, target) as place:
        release = _release(workspace, place, prompt, source, version, target)
        policy = asked_policy(workspace, place, allow_accepted=allow_accepted, reason=reason)
        carry_out(workspace.console, plan_start(place.state(), release, weight, intent, policy), place.target)
    workspace.console.note(f"\nNext: llmops canary step {prompt} --weight 50 --env {env}")
    return ExitCode.PASS


def step_canary(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    weight: Weight,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Change the part of the users that get the candidate; who has it keeps it when the part grows."""
    from llmops_cli.release.canary_plans import plan_step  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason)
    with open_place(workspace, env, target) as place:
        carry_out(workspace.console, plan_step(place.state(), prompt, weight, intent), place.target)
    return ExitCode.PASS


def promote_canary(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Give everybody the candidate."""
    from llmops_cli.release.canary_plans import plan_promote_canary  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason)
    with open_place(workspace, env, target) as place:
        carry_out(workspace.console, plan_promote_canary(place.state(), prompt, intent), place.target)
    return ExitCode.PASS


def abort_canary(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Give everybody the stable release again. Possible in a freeze too."""
    from llmops_cli.release.canary_plans import plan_abort  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason)
    with open_place(workspace, env, target) as place:
        carry_out(workspace.console, plan_abort(place.state(), prompt, intent), place.target)
    return ExitCode.PASS


def _release(
    workspace: Workspace, place: Place, prompt: str, source: str | None, version: str | None, uri: str | None
) -> "Release":
    from llmops_cli.release.canary_plans import known_prompt  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.reading import load_release, stored_release  # noqa: PLC0415 - as above

    if version is not None:
        found = stored_release(place.target, prompt, version_number(version, prompt))
        if found is None:
            message = f"this target has no {version} of '{prompt}'."
            raise UsageError(message, where=place.target.label, hint="Take it from where it is live: --from staging")
        return found
    origin = source or (place.settings.promote_from if place.settings else None)
    if origin is None:
        message = "name the release."
        raise UsageError(message, hint="--from staging (what is live there), or --version v3.")
    with open_place(workspace, origin, uri) as elsewhere:
        state = elsewhere.state()
        stable = known_prompt(state, prompt).stable
        if stable is None:
            message = f"'{origin}' does not serve '{prompt}'."
            raise UsageError(message, hint="Publish it there first.")
        return load_release(elsewhere.target, prompt, stable)
