"""One worker of a cluster: holds what trials need, runs them, and answers with values only."""

from __future__ import annotations

import asyncio
import platform
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from llmops_cli import __version__
from llmops_cli.core.errors import LlmopsError, SetupError

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from contextlib import AbstractAsyncContextManager

    from llmops_cli.core.runs import Trial
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Executor
    from llmops_cli.evals.scheduling import PlannedTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlace:
    """Where a worker runs: on the machine of the run or another one, as one of `workers`."""

    beside_the_run: bool
    workers: int


class OpenWork(Protocol):
    """Opens, on a worker, what its trials need. It travels there, so it is a value that can be pickled.

    `notes` takes sentences for the person who started the run.
    """

    def __call__(self, job: EvalJob, place: WorkerPlace, notes: list[str]) -> AbstractAsyncContextManager[Executor]:
        """Return what runs the trials, for as long as the worker lives."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a worker came to: a trial, or the error that prevented it, and notes for people."""

    trial: Trial | None = None
    error: LlmopsError | None = None
    notes: tuple[str, ...] = ()


class Worker:
    """Lives in a process of the cluster. Its methods run in one event loop, many trials at once.

    Errors that a person can act on are answers, not exceptions: the cluster would wrap these in classes of its own.
    """

    def __init__(self, open_work: OpenWork, job: EvalJob, *, workers: int, run_node: str, version: str) -> None:
        """Take everything, and open nothing yet; `run_node` is the node of the process that started the run."""
        self._open_work = open_work
        self._job = job
        self._workers = workers
        self._run_node = run_node
        self._version = version
        self._stack = AsyncExitStack()
        self._notes: list[str] = []
        self._work: Executor | None = None
        self._under_way: set[asyncio.Task[Trial]] = set()

    async def open(self) -> Reply:
        """Open what trials need."""
        import ray

        node = ray.get_runtime_context().get_node_id()
        place = WorkerPlace(beside_the_run=node == self._run_node, workers=self._workers)
        try:
            self._check_version()
            self._work = await self._stack.enter_async_context(self._open_work(self._job, place, self._notes))
        except LlmopsError as error:
            return self._reply(error=error)
        return self._reply()

    async def run(self, planned: PlannedTrial) -> Reply:
        """Run one trial."""
        if self._work is None:
            message = "a worker was asked for a trial before it was opened."
            raise RuntimeError(message)
        task = asyncio.ensure_future(_as_coroutine(self._work.run(planned)))
        self._under_way.add(task)
        try:
            return self._reply(trial=await task)
        except LlmopsError as error:
            return self._reply(error=error)
        finally:
            self._under_way.discard(task)

    async def close(self) -> None:
        """Stop what is under way, so that nothing more is paid, and let go of everything."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._stack.aclose()

    def _check_version(self) -> None:
        if self._version != __version__:
            message = f"a Ray worker has llmops-cli {__version__}, this run {self._version}."
            raise SetupError(message, where=platform.node(), hint="Install the same version on every node.")

    def _reply(self, *, trial: Trial | None = None, error: LlmopsError | None = None) -> Reply:
        notes = tuple(self._notes)
        self._notes.clear()
        return Reply(trial=trial, error=error, notes=notes)


async def _as_coroutine(work: Awaitable[Trial]) -> Trial:
    return await work


def without_cases(job: EvalJob) -> EvalJob:
    """Return the job as workers need it: cases come to them one by one."""
    return replace(job, cases=(), suite=replace(job.suite, cases=()))
