"""`llmops history` and `llmops blame --at`: what happened, and what was served at a time."""

from itertools import islice
from typing import Annotated

import typer

from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._release_options import PRODUCTION, Environment, ReleasedPrompt, TargetUri
from llmops_cli.commands._release_place import open_place
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

USUAL_LIMIT = 20


def history(
    ctx: typer.Context,
    prompt: Annotated[str | None, typer.Argument(metavar="[PROMPT]", help="Only this one.", show_default=False)] = None,
    *,
    env: Environment = PRODUCTION,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = USUAL_LIMIT,
    target: TargetUri = None,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show what happened to an environment or a prompt: who, when, why, from what to what. Newest first."""
    from llmops_cli.release.canary_plans import known_prompt  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.history import history as walk  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.history_report import history_json, history_text  # noqa: PLC0415 - as above

    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as place:
        events = tuple(islice(walk(place.target, env, prompt), limit))
        if prompt and not any(event.changes for event in events):
            # what happened to the whole environment is no history of a prompt that it does not know
            known_prompt(place.state(), prompt)
    if not events:
        message = f"nothing ever happened to {f'{prompt!r} in ' if prompt else ''}'{env}' here."
        raise NothingMatchedError(safe_text(message, one_line=True), hint="Look what is live: llmops status")
    console.payload(
        history_json(events) if output_format is TextOrJson.JSON else history_text(events, console.report_page)
    )
    return ExitCode.PASS


def blame(
    ctx: typer.Context,
    prompt: ReleasedPrompt,
    *,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="2026-11-23T03:14, in UTC unless it says otherwise.")],
    env: Environment = PRODUCTION,
    target: TargetUri = None,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show what a prompt served at a time: version, digest, commit, score, who made it live, and its text."""
    from llmops_cli.release.canary_plans import known_prompt  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.history import parse_moment, state_at  # noqa: PLC0415 - as above
    from llmops_cli.release.reading import load_release  # noqa: PLC0415 - as above
    from llmops_cli.reports.history_report import blame_json, blame_text  # noqa: PLC0415 - as above

    try:
        moment = parse_moment(at)
    except (ValueError, OverflowError):
        message = f"'{safe_text(at, one_line=True)}' is no time."
        raise UsageError(message, hint="Write it like 2026-11-23T03:14 or 2026-11-23T03:14:00+01:00.") from None
    workspace = workspace_of(ctx)
    console = workspace.console
    with open_place(workspace, env, target) as place:
        state = state_at(place.target, env, moment)
        if prompt not in state.prompts:
            known_prompt(place.state(), prompt)
        served = state.prompts.get(prompt)
        if served is None or served.stable is None:
            message = f"'{env}' did not serve '{prompt}' then."
            raise NothingMatchedError(message, hint=f"llmops history {prompt} --env {env}")
        release = load_release(place.target, prompt, served.stable)
    console.payload(
        blame_json(state, served, release)
        if output_format is TextOrJson.JSON
        else blame_text(state, served, release, console.report_page)
    )
    return ExitCode.PASS
