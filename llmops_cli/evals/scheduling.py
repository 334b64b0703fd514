"""Which trials to run, and running so many of them at once, in constant memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.core.runs import TrialKey

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion
    from llmops_cli.core.suites import Case
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal import JournalState
    from llmops_cli.evals.runs.journal_line import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrial:
    """A trial to run. `completion` is there when only its scores are missing."""

    key: TrialKey
    case: Case
    attempt: int = 0
    completion: Completion | None = None


RunTrial: TypeAlias = Callable[[PlannedTrial], Awaitable[None]]


def plan_trials(job: EvalJob, state: JournalState, *, retry_errors: bool) -> Iterator[PlannedTrial]:
    """Yield the trials that are missing, then, where asked for, those that were errored.

    The first trial of every case comes before the second of any: a run that is stopped early has seen
    the whole suite.
    """
    for number in range(job.repeats):
        for case in job.cases:
            if (case.id, number) not in state.done:
                yield PlannedTrial(key=TrialKey(case_id=case.id, number=number), case=case)
    if retry_errors:
        cases = {case.id: case for case in job.cases}
        for entry in state.errored:
            if entry.trial.key.case_id in cases and entry.trial.key.number < job.repeats:
                yield _again(entry, cases[entry.trial.key.case_id])


def count_settled(job: EvalJob, state: JournalState, *, retry_errors: bool) -> int:
    """Return how many of the job's trials `plan_trials` leaves alone."""
    open_again = {(entry.trial.key.case_id, entry.trial.key.number) for entry in state.errored if retry_errors}
    settled = state.done - open_again
    return sum((case.id, number) in settled for case in job.cases for number in range(job.repeats)) if settled else 0


def _again(entry: JournalEntry, case: Case) -> PlannedTrial:
    return PlannedTrial(key=entry.trial.key, case=case, attempt=entry.attempt + 1, completion=entry.trial.completion)


async def run_all(
    planned: Iterator[PlannedTrial], run: RunTrial, *, concurrency: int, may_begin: Callable[[], bool]
) -> None:
    """Run the planned trials, `concurrency` at a time, as long as `may_begin` says so.

    So many workers take from one iterator; there is never a task per trial. The first error of a
    trial that is not a result ends all of them and is raised as it is.
    """

    async def work() -> None:
        while may_begin():
            trial = next(planned, None)
            if trial is None:
                return
            await run(trial)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
