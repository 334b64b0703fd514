"""`llmops export`: what an environment serves, as a file for readers that need no service."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.commands._release_options import PRODUCTION, Environment, TargetUri
from llmops_cli.commands._release_place import open_place
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import SetupError
from llmops_cli.core.exit_codes import ExitCode


class ExportFormat(StrEnum):
    """What can be written."""

    FLAGD = "flagd"
    BUNDLE = "bundle"


def export(
    ctx: typer.Context,
    *,
    output_format: Annotated[
        ExportFormat, typer.Option("--format", help="flagd: a flag configuration; bundle: to ship with an application.")
    ],
    env: Environment = PRODUCTION,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; else stdout.", show_default=False)
    ] = None,
    target: TargetUri = None,
) -> ExitCode:
    """Write what an environment serves now. Every release is checked before it is written."""
    from llmops_cli.release.atomic_files import replace_file  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.flagd import flagd_document  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.snapshots import load_snapshot  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as place:
        snapshot = load_snapshot(place.target, env)
    if output_format is ExportFormat.BUNDLE:
        data = snapshot.data()
    else:
        document = flagd_document(snapshot.state, lambda _, ref: snapshot.releases.get(ref.record))
        data = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    if output is None:
        console.payload(data.decode("utf-8"))
        return ExitCode.PASS
    path = workspace.invocation.path(output)
    try:
        replace_file(path, data)
    except OSError as error:
        message = f"the file cannot be written: {error.strerror}."
        raise SetupError(message, where=str(output)) from error
    console.note(f"wrote revision {snapshot.state.revision} of {env} to {output}")
    return ExitCode.PASS
