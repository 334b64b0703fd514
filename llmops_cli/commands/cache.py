"""`llmops cache show|explain|clear`: the answers that were paid for once."""

import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.gateway.response_cache import ResponseCache

SHORTEST_PREFIX = 4


def show_cache(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """Show how many answers are kept, of which models."""
    from llmops_cli.reports.cache_report import cache_json, cache_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    with closing(_cache(workspace)) as cache:
        summary, path = cache.summary(), str(cache.path)
    console = workspace.console
    console.payload(
        cache_json(summary, path)
        if output_format is TextOrJson.JSON
        else cache_text(summary, path, console.report_page)
    )
    return ExitCode.PASS


def explain_cache(
    ctx: typer.Context,
    digest: Annotated[
        str, typer.Argument(metavar="DIGEST", help="A request's digest, or its start.", show_default=False)
    ],
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show which answers are kept for one request, and since when.

    The digest of a request stands in the journal of a run. Ends with 6 when nothing is kept for it.
    """
    from llmops_cli.reports.cache_report import answers_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    bare = digest.lower().removeprefix("sha256:")
    if len(bare) < SHORTEST_PREFIX or set(bare) - set("0123456789abcdef"):
        message = "a digest is hexadecimal; give at least four of its digits."
        raise UsageError(message)
    with closing(_cache(workspace)) as cache:
        answers = cache.explain(bare)
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(json.dumps([asdict(answer) for answer in answers], indent=2, default=dict))
    if not answers:
        message = "no answer is kept for that request."
        raise NothingMatchedError(message, hint="See what is kept: llmops cache show")
    if output_format is TextOrJson.TEXT:
        console.payload(answers_text(answers, console.report_page))
    return ExitCode.PASS


def clear_cache(ctx: typer.Context) -> ExitCode:
    """Remove every kept answer; recordings stay."""
    workspace = workspace_of(ctx)
    with closing(_cache(workspace)) as cache:
        removed = cache.clear()
    workspace.console.note(f"{removed:,} answers removed.")
    return ExitCode.PASS


def _cache(workspace: Workspace) -> "ResponseCache":
    from llmops_cli.gateway.assembly import CACHE_PATH  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.response_cache import ResponseCache  # noqa: PLC0415 - only when the command runs

    return ResponseCache(workspace.root / CACHE_PATH)
