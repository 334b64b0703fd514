"""`llmops drill`: a publish and a rollback in a scratch environment, with the measured times."""

import typer

from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import PRODUCTION, Environment, TargetUri
from llmops_cli.commands._release_place import open_place
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.exit_codes import ExitCode


def drill(ctx: typer.Context, *, env: Environment = PRODUCTION, target: TargetUri = None) -> ExitCode:
    """Rehearse an incident: publish, roll back, and read it back, where --env lives, in an environment of its own.

    Nothing of the real environment is touched: the rehearsal is in 'llmops-drill', with a prompt of that name.
    """
    from llmops_cli.release.clock import SystemClock  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.drill import rehearse  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as writer, open_place(workspace, env, target) as reader:
        console.payload("step         revision  written after  read after")
        for step in rehearse(writer.target, reader.target, SystemClock(), lambda: intent_of(workspace, reason="drill")):
            written, read = (f"{seconds * 1000:.0f} ms" for seconds in (step.written_seconds, step.read_seconds))
            console.payload(f"{step.name:<11}  {step.revision:>8}  {written:>13}  {read:>10}")
        console.note(f"\nThe rehearsal was in {writer.target.label}, environment llmops-drill.")
    return ExitCode.PASS
