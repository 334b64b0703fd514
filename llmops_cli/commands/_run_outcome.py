"""A stored run as an outcome: measured then, compared with the baseline of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.commands._eval_verdict import reported, verdict_of_run
from llmops_cli.commands._judge_licences import without_licence
from llmops_cli.commands._run_record import measured_run_of, stored_run, summary_of

if TYPE_CHECKING:
    from llmops_cli.commands._run_record import StoredRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.reports.eval_outcome import EvalOutcome


def outcome_of_record(workspace: Workspace, name: str, *, trials_to_show: int) -> tuple[EvalOutcome, StoredRun]:
    """Return what a run on disk came to, with the run itself; notes what changed since on stderr."""
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs

    stored = stored_run(workspace, run_folders(workspace.root).record(name))
    if stored.changed:
        workspace.console.note(f"Since this run changed: {', '.join(stored.changed)}.")
    summary = summary_of(stored, trials_to_show=trials_to_show)
    measured = measured_run_of(
        workspace,
        stored.job,
        stored.record,
        summary,
        only_warn=without_licence(workspace.catalog, stored.job.suite),
    )
    verdict = verdict_of_run(workspace, summary, measured, stored.job.suite)
    return reported(workspace, summary, verdict, stored.record), stored
