"""`llmops log`: the history of one prompt."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import Format, PromptName, TextOrJson
from llmops_cli.commands._prompt_reference import parse_reference
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.registry.history.prompt_history import HistoryEntry
    from llmops_cli.reports.log_report import LogRow


def log(
    ctx: typer.Context,
    name: PromptName,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most N commits.")] = 50,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show who changed a prompt, when, and how it scored.

    Newest first, through renames and past revisions that do not parse. The score is that of the newest baseline
    committed for exactly this content, the cost that of its messages before any value is put in.
    """
    from llmops_cli.commands._scores import scores_by_digest  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.history.prompt_history import prompt_history  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.log_report import log_json, log_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    reference = parse_reference(name)
    start = reference.revision or "HEAD"
    history = prompt_history(workspace.repository, reference.id, workspace.settings, start)
    entries = list(islice(history, limit + 1))
    if not entries:
        raise _never_was(workspace, reference.id)
    scores = scores_by_digest(workspace.repository, workspace.settings, reference.id, start)
    rows = [_row(workspace, entry, scores) for entry in entries[:limit]]
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(log_json(rows))
        return ExitCode.PASS
    console.payload(log_text(rows, console.report_page))
    if len(entries) > limit:
        console.note(f"There is more: llmops log {reference.id} -n {limit * 10}")
    if any(entry.cut_off for entry in entries):
        console.note("This clone is shallow; the history goes on after: git fetch --unshallow")
    # compare with the newest earlier revision that says something
    earlier = next((row for row in rows[1:] if row.version is not None), rows[0])
    console.note(f"\nNext: llmops diff {reference.id} {earlier.commit[:7]}")
    return ExitCode.PASS


def _row(workspace: Workspace, entry: "HistoryEntry", scores: "Mapping[str, float]") -> "LogRow":
    from llmops_cli.commands._call_cost import call_estimate, template_messages  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.log_report import LogRow  # noqa: PLC0415 - only when the command runs

    commit, prompt, settings = entry.commit, entry.prompt, workspace.settings
    estimate = call_estimate(prompt, template_messages(prompt), settings) if prompt else None
    return LogRow(
        commit=commit.hex,
        when=commit.when,
        author=commit.author_name,
        subject=commit.subject,
        path=entry.path,
        version=prompt.version if prompt else None,
        digest=entry.digest,
        score=scores.get(entry.digest or ""),
        usd_per_call=estimate.input_usd if estimate else None,
        remark=_remark(entry),
        broken=prompt is None and not entry.deleted,
    )


def _remark(entry: "HistoryEntry") -> str:
    if entry.deleted:
        return "(removed)"
    if entry.prompt is None:
        return "(does not parse)"
    if entry.changed_partials:
        return f"(by partial {', '.join(entry.changed_partials)})"
    if entry.renamed_from:
        return f"(was {entry.renamed_from})"
    return "(older history not in this clone)" if entry.cut_off else ""


def _never_was(workspace: Workspace, prompt_id: str) -> UsageError:
    shown = safe_text(prompt_id, one_line=True)
    if workspace.catalog.path_of(prompt_id) is not None:
        message = f"'{shown}' has no history yet: its file is not committed."
        return UsageError(message, hint="Commit it: git add … && git commit")
    message = f"there is no prompt '{shown}' in the history."
    return UsageError(message, hint="List them: llmops list")
