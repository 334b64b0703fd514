"""`llmops audit verify`: the log of an environment, checked from the first event to the last."""

import json
import re
from typing import Annotated

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._release_options import PRODUCTION, Environment, TargetUri
from llmops_cli.commands._release_place import open_place
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

_CHECKPOINT = re.compile(r"([1-9][0-9]{0,15}):(sha256:[0-9a-f]{64})")


def verify_log(
    ctx: typer.Context,
    *,
    env: Environment = PRODUCTION,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            metavar="REVISION:DIGEST",
            help="What an earlier verify printed; finds a log that was rewritten or cut off.",
            show_default=False,
        ),
    ] = None,
    target: TargetUri = None,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Check that nothing in the log was edited, removed, reordered or cut off, and that the state is what it adds to.

    Prints a checkpoint: keep it somewhere else, and give it to a later verify. Ends with 9 when something is wrong.
    """
    from llmops_cli.release.event_log import Checkpoint, verify  # noqa: PLC0415 - only when the command runs

    known = None
    if checkpoint is not None:
        match = _CHECKPOINT.fullmatch(checkpoint)
        if match is None:
            message = "that is no checkpoint."
            raise UsageError(message, hint="Write it as verify printed it: 42:sha256:…")
        known = Checkpoint(revision=int(match[1]), head=match[2])
    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as place:
        report = verify(place.target, env, checkpoint=known)
    if output_format is TextOrJson.JSON:
        document = {
            "environment": report.environment,
            "events": report.events,
            "releases": report.releases,
            "problems": list(report.problems),
            "checkpoint": str(report.checkpoint) if report.checkpoint else None,
        }
        console.payload(json.dumps(document, ensure_ascii=True, indent=2))
        return ExitCode.TARGET_FAILED if report.problems else ExitCode.PASS
    for problem in report.problems:
        console.payload(f"problem: {safe_text(problem, one_line=True)}")
    if report.problems:
        return ExitCode.TARGET_FAILED
    console.payload(f"{env}: {report.events} events and {report.releases} releases are as they were written.")
    if report.checkpoint:
        console.payload(f"checkpoint {report.checkpoint}")
    return ExitCode.PASS
