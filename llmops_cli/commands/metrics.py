"""`llmops metrics list|show`: what a suite can measure."""

from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._parts import list_parts, show_part
from llmops_cli.core.exit_codes import ExitCode


def list_metrics(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """List every metric by tier."""
    from llmops_cli.evals.metrics import METRICS  # noqa: PLC0415 - only when the command runs

    return list_parts(
        invocation_of(ctx).console, METRICS, output_format, "Parameters and examples: llmops metrics show METRIC"
    )


def show_metric(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="METRIC", help="The metric's name.", show_default=False)],
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Explain one metric: what it measures, its parameters, examples."""
    from llmops_cli.evals.metrics import METRICS  # noqa: PLC0415 - only when the command runs

    return show_part(invocation_of(ctx).console, METRICS, name, output_format)
