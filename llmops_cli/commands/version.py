"""`llmops version`: which llmops this is, on what."""

import json
import platform

import typer

from llmops_cli import __version__
from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.core.exit_codes import ExitCode


def version(
    ctx: typer.Context,
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Print the version of llmops, of Python, and the platform."""
    facts = {"llmops": __version__, "python": platform.python_version(), "platform": platform.platform()}
    console = invocation_of(ctx).console
    if output_format is TextOrJson.JSON:
        console.payload(json.dumps(facts, indent=2))
    else:
        console.payload(f"llmops {facts['llmops']} (Python {facts['python']}, {facts['platform']})")
    return ExitCode.PASS
