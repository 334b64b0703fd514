"""`hold`, `unhold`, `yank`, `freeze`, `unfreeze`, `disable`, `enable`: what may be served, and whether it changes."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._release_apply import carry_out
from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import (
    PRODUCTION,
    Environment,
    Incident,
    Reason,
    ReleasedPrompt,
    ReleasedPrompts,
    TargetUri,
)
from llmops_cli.commands._release_place import open_place
from llmops_cli.commands._release_versions import version_number
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.release_events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

Version = Annotated[str, typer.Argument(metavar="VERSION", help="The version: v3.", show_default=False)]


def hold(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    version: Version,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
) -> ExitCode:
    """Keep a content from being served, whoever publishes it, until it is freed."""
    return _held(ctx, EventKind.HOLD, prompt, version, (env, target, reason, incident))


def unhold(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    version: Version,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
) -> ExitCode:
    """Let a held content be published again."""
    return _held(ctx, EventKind.UNHOLD, prompt, version, (env, target, reason, incident))


def yank(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    version: Version,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
) -> ExitCode:
    """Keep a content from being served for ever. Nothing is deleted."""
    return _held(ctx, EventKind.YANK, prompt, version, (env, target, reason, incident))


def freeze(
    ctx: typer.Context,
    prompts: ReleasedPrompts = None,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Block publish, promote and canary, of these prompts or of the whole environment. Never blocks a rollback."""
    return _switched(ctx, EventKind.FREEZE, prompts or (), (env, target, reason, ""))


def unfreeze(
    ctx: typer.Context,
    prompts: ReleasedPrompts = None,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Let these prompts, or the whole environment, be changed again."""
    return _switched(ctx, EventKind.UNFREEZE, prompts or (), (env, target, reason, ""))


def disable(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
) -> ExitCode:
    """Stop serving a prompt: the kill switch. Applications use the default in their own code."""
    return _switched(ctx, EventKind.DISABLE, (prompt,), (env, target, reason, incident))


def enable(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    env: Environment = PRODUCTION,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
) -> ExitCode:
    """Serve a disabled prompt again."""
    return _switched(ctx, EventKind.ENABLE, (prompt,), (env, target, reason, incident))


def _held(
    ctx: typer.Context, kind: EventKind, prompt: str, version: str, given: tuple[str, str | None, str, str]
) -> ExitCode:
    from llmops_cli.release.switches import plan_hold  # noqa: PLC0415 - only when the command runs

    environment, uri, reason, incident = given
    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason, incident=incident)
    with open_place(workspace, environment, uri) as place:
        number = version_number(version, prompt)
        plan = plan_hold(place.state(), prompt, number, place.target, intent, kind=kind)
        carry_out(workspace.console, plan, place.target)
    return ExitCode.PASS


def _switched(
    ctx: typer.Context, kind: EventKind, prompts: "Sequence[str]", given: tuple[str, str | None, str, str]
) -> ExitCode:
    from llmops_cli.release.switches import plan_switch  # noqa: PLC0415 - only when the command runs

    environment, uri, reason, incident = given
    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason, incident=incident)
    with open_place(workspace, environment, uri) as place:
        plan = plan_switch(place.state(), tuple(dict.fromkeys(prompts)), intent, kind=kind)
        carry_out(workspace.console, plan, place.target)
    return ExitCode.PASS
