"""`llmops runs merge`: the shards of a run become the run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.runs.merging import ShardedRun
    from llmops_cli.evals.runs.run_folder import RunRecord

Shards = Annotated[
    list[str],
    typer.Argument(metavar="RUN...", help="Every shard: a run's name, or the path of its folder.", show_default=False),
]


def merge_runs(ctx: typer.Context, names: Shards) -> ExitCode:
    """Put the shards of a run together.

    The result is the run that one machine would have made: the same journal and the same run.json, byte for byte
    where the answers agree. Every shard has to be there once, measured with the prompt, suite and model of now.
    """
    from llmops_cli.commands._run_outcome import outcome_of_record  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_record import stored_run  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.merging import sharded_run  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.eval_text import eval_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    records = [_record(workspace, name) for name in dict.fromkeys(names)]
    sharded = sharded_run(stored_run(workspace, records[0]).job, records)
    name = _write(workspace, sharded)
    workspace.console.note(f"merged {len(records)} shards into {name}")
    outcome, _ = outcome_of_record(workspace, name, trials_to_show=20)
    workspace.console.report(eval_text(outcome, workspace.console.report_page))
    workspace.console.note(f"\nNext: {outcome.next_step}")
    return outcome.exit_code


def _record(workspace: Workspace, name: str) -> "RunRecord":
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.run_folder import record_at  # noqa: PLC0415 - only when the command runs

    found = record_at(workspace.invocation.path(Path(name)))
    return found or run_folders(workspace.root).record(name)


def _write(workspace: Workspace, sharded: "ShardedRun") -> str:
    import time  # noqa: PLC0415 - only when the command runs

    from llmops_cli.commands._eval_run import RUNS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.run_end import RunEnd  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.run_folder import RunFolders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.summary_builder import summarize  # noqa: PLC0415 - only when the command runs

    # the merged run began when the first shard did, and is finished now
    began = _began(sharded.shards)
    folders = RunFolders(workspace.root / RUNS, now=lambda: began, clock=time.monotonic)
    run = folders.open(sharded.job, resume=False)
    with run.journal:
        run.journal.append_lines(sharded.lines())
    summary = summarize(sharded.job, read_entries(run.journal.path), stopped=sharded.stopped)
    done = summary.trials.done
    end = RunEnd(run_now=0, resumed=done, calls=0, paid_usd=summary.spending.paid_usd)
    RunFolders(workspace.root / RUNS, now=lambda: datetime.now(UTC), clock=time.monotonic).finish(run, summary, end)
    return run.folder.name


def _began(records: "Sequence[RunRecord]") -> datetime:
    stamps = sorted(str(record.header.get("started_at", "")) for record in records)
    try:
        return datetime.fromisoformat(stamps[0])
    except ValueError:
        return datetime.now(UTC)
