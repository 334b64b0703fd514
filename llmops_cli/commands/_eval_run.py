"""Runs the planned jobs one after the other through the gateway, and hands back what each came to."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.commands._judges import scorers
from llmops_cli.commands._progress import ProgressLine
from llmops_cli.commands._run_record import metrics_that_stay
from llmops_cli.reports.numbers import count, usd

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.commands._console import Console
    from llmops_cli.commands._eval_executor import Cluster
    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._eval_plan import PlannedRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.completions import Model
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.progress import RunProgress
    from llmops_cli.evals.runs.run_folder import OpenRun, RunFolders, RunRecord
    from llmops_cli.evals.runs.summary import RunSummary
    from llmops_cli.gateway.assembly import Gateway

RUNS = ".llmops/runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A run with its figures, the trials that a comparison needs, and how long it took.

    `spent` are the dollars and the live calls of all attempts of this run, judges included in the dollars.
    """

    planned: PlannedRun
    summary: RunSummary
    measured: MeasuredRun
    record: RunRecord
    elapsed_seconds: float
    spent: tuple[float, int]


def run_folders(root: Path) -> RunFolders:
    """Return the runs of a repository."""
    from llmops_cli.evals.runs.run_folder import RunFolders  # noqa: PLC0415 - only when the command runs

    return RunFolders(root / RUNS, now=lambda: datetime.now(UTC), clock=time.monotonic)


async def run_one(
    workspace: Workspace, planned: PlannedRun, model: Gateway, options: EvalOptions, cluster: Cluster | None = None
) -> FinishedRun:
    """Run one job to its end, or on from where an earlier attempt stopped; on the cluster, if there is one."""
    from llmops_cli.commands._eval_executor import executor_for  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.comparing.measured_run import RunCollector  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.engine import evaluate  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.ports import EvalPorts  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.summary_builder import SummaryBuilder  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - only when the command runs

    job, console = planned.job, workspace.console
    folders = run_folders(workspace.root)
    run = folders.open(job, resume=options.resume, retry_errors=options.retry_errors)
    for note in run.notes:
        console.sentence(note)
    answering = await _answering(console, planned, run, model, options)
    progress = _ProgressOfRun(console, job.prompt.identifier)
    ports = EvalPorts(
        model=answering,
        render=render_messages,
        bind=scorers(workspace, model, options.mode, suite_path=job.suite.path),
        clock=time.monotonic,
        journal=run.journal,
        progress=progress.tell,
    )
    started = time.monotonic()
    try:
        async with executor_for(workspace, job, options, model, cluster) as executor:
            end = await evaluate(job, replace(ports, executor=executor), retry_errors=options.retry_errors)
    finally:
        # whatever ended it: what is in the journal stays, and the next attempt goes on from there
        run.journal.close()
        progress.clear()
    figures = SummaryBuilder(job)
    collector = RunCollector(job, only_warn=job.aside)
    for entry in read_entries(run.journal.path):
        figures.add(entry)
        collector.add(entry)
    summary = figures.summary(stopped=end.stopped.value if end.stopped else "")
    folders.finish(run, summary, end)
    return FinishedRun(
        planned=planned,
        summary=summary,
        measured=collector.run(metrics_that_stay(workspace, job, summary)),
        record=folders.record(run.folder.name),
        elapsed_seconds=time.monotonic() - started,
        spent=(end.paid_usd, end.calls),
    )


async def _answering(
    console: Console, planned: PlannedRun, run: OpenRun, gateway: Gateway, options: EvalOptions
) -> Model:
    """Return who answers the prompts: the gateway, or batches that are handed in and waited for first."""
    if not options.batch:
        return gateway
    from llmops_cli.commands._eval_batch import batch_answers  # noqa: PLC0415 - only with this option

    try:
        return await batch_answers(console, planned, run, gateway, retry_errors=options.retry_errors)
    except BaseException:
        run.journal.close()
        raise


class _ProgressOfRun:
    """Cases done, failures, errors, cost so far, and the time that is left."""

    def __init__(self, console: Console, name: str) -> None:
        self._line = ProgressLine(console)
        self._console = console
        self._name = name

    def tell(self, progress: RunProgress) -> None:
        state = "error" if progress.last.errored else "pass" if progress.last.passed else "fail"
        self._console.detail(f"{self._name} {progress.last.key.case_id} {state}")
        self._line.show(progress.done, progress.total, lambda: self._words(progress), left_seconds=progress.eta_seconds)

    def clear(self) -> None:
        self._line.clear()

    def _words(self, progress: RunProgress) -> str:
        done = f"{count(progress.done)} of {count(progress.total)}"
        errors = f", {progress.errored} errors" if progress.errored else ""
        cost = f", {usd(progress.paid_usd)}" if progress.paid_usd else ""
        return f"{self._name}: {done}, {progress.failed} failed{errors}{cost}"
