"""`llmops rollback <id>`: an earlier release, live in seconds, with nothing but the target."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._release_apply import carry_out
from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import (
    PRODUCTION,
    Environment,
    Incident,
    Reason,
    ReleasedPrompt,
    TargetUri,
    Yes,
)
from llmops_cli.commands._release_place import Place, open_place
from llmops_cli.commands._release_versions import version_number
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import LlmopsError, TargetError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.core.release_events import Event


def rollback(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    env: Environment = PRODUCTION,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="Back to this version (v3).", show_default=False),
    ] = None,
    reason: Reason = "",
    incident: Incident = "",
    target: TargetUri = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> ExitCode:
    """Serve an earlier release again. Needs only the target: no checkout, no Git, no model, no key.

    Goes to the prompt's rollback_to, else to the newest earlier release that is not held; a second rollback goes
    further back. What is replaced is held, so that no merge and no re-run job brings it back. Ends with 8 when
    there is nothing to go back to.
    """
    from llmops_cli.release.rollback import plan_rollback  # noqa: PLC0415 - only when the command runs

    started = time.monotonic()
    workspace = workspace_of(ctx)
    intent = intent_of(workspace, reason=reason, incident=incident)
    with open_place(workspace, env, target) as place:
        state = place.state()
        wanted = None if to is None else version_number(to, prompt)
        plan = plan_rollback(state, prompt, place.target, intent, to=wanted)
        receipt = carry_out(workspace.console, plan, place.target, dry_run=dry_run, asks=not yes)
        if receipt is None:
            return ExitCode.PASS
        _read_back(workspace, place, receipt.event, started)
        _prepare_revert(workspace, place, receipt.event)
    return ExitCode.PASS


def _read_back(workspace: Workspace, place: Place, event: "Event", started: float) -> None:
    """Read what is served now as a reader does, and say so.

    Raises:
        TargetError: the target serves something else, or something damaged.
    """
    from llmops_cli.release.reading import load_release  # noqa: PLC0415 - only when the command runs

    change, state = event.changes[0], place.state()
    served = state.prompts[change.prompt_id].stable
    if state.revision == event.revision and served != change.after:
        message = f"'{place.environment}' serves {served} after the rollback to {change.after}."
        raise TargetError(message, where=place.target.label, hint="Look closer: llmops audit verify")
    if served is not None:
        load_release(place.target, change.prompt_id, served)
    console = workspace.console
    console.payload(f"read back: {change.prompt_id} serves {served} at revision {state.revision}")
    clients = getattr(place.target, "clients_at", None)
    if clients is not None:
        confirmed, connected = clients(place.environment, event.revision)
        console.payload(f"{confirmed} of {connected} connected clients confirmed revision {event.revision}")
    console.note(f"done in {time.monotonic() - started:.2f} s")


def _prepare_revert(workspace: Workspace, place: Place, event: "Event") -> None:
    """Prepare the change in Git that the rollback calls for; the rollback is done, whatever comes of this."""
    from llmops_cli.commands._release_revert import prepare_revert  # noqa: PLC0415 - only when the command runs

    console = workspace.console
    try:
        told = prepare_revert(workspace, place, event)
    except LlmopsError as error:
        told = f"The change in Git is pending ({error.message}) llmops status shows it."
    except Exception as error:  # noqa: BLE001 - a rollback that is done must not end in a crash of what comes after
        told = f"The change in Git is pending ({type(error).__name__}); llmops status shows it."
    console.note(told)
