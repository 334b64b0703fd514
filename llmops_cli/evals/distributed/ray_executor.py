"""Runs trials on the workers of a Ray cluster. Journal, budget and progress stay with the run."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from llmops_cli import __version__
from llmops_cli.core.errors import LlmopsError, ProviderError, SetupError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.evals.distributed.worker import Worker, without_cases

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from llmops_cli.core.runs import Trial
    from llmops_cli.evals.distributed.worker import OpenWork, Reply
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Executor
    from llmops_cli.evals.scheduling import PlannedTrial

PATIENCE_SECONDS = 15.0
"""After so long without a first worker a person is told what the run is waiting for."""

CLOSING_SECONDS = 10.0
"""How long workers may take to write what they keep, before their processes are ended."""


@asynccontextmanager
async def ray_workers(
    ray: Any,  # noqa: ANN401 - the module, which type checkers may not have
    job: EvalJob,
    open_work: OpenWork,
    note: Callable[[str], None],
) -> AsyncIterator[Executor]:
    """Start a worker on every CPU of the cluster, as far as the job has calls at once, and use them as one executor.

    Raises:
        LlmopsError: what the first worker said when it could not open what trials need.
    """
    cpus = int(ray.cluster_resources().get("CPU", 0))
    workers = max(min(cpus, job.concurrency, job.trials), 1)
    executor = RayExecutor(ray, note)
    try:
        await executor.start(job, open_work, workers)
        yield executor
    finally:
        await executor.close()


class RayExecutor:
    """Hands each trial to the worker that has the fewest."""

    def __init__(self, ray: Any, note: Callable[[str], None]) -> None:  # noqa: ANN401 - as above
        """Start nothing yet."""
        self._ray = ray
        self._note = note
        self._noted: set[str] = set()
        self._all: list[Any] = []
        self._load: dict[Any, int] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None

    async def start(self, job: EvalJob, open_work: OpenWork, workers: int) -> None:
        """Start the workers, and wait for the first; the others join when they are ready."""
        ray = self._ray
        shared = ray.put(without_cases(job))
        # every worker can run everything: how much runs at once is counted where the run is
        actor = ray.remote(Worker).options(
            num_cpus=1, max_concurrency=job.concurrency + 2, scheduling_strategy="SPREAD"
        )
        node = ray.get_runtime_context().get_node_id()
        for _ in range(workers):
            worker = actor.remote(open_work, shared, workers=workers, run_node=node, version=__version__)
            self._all.append(worker)
            self._opening.add(asyncio.create_task(self._open(worker)))
        waiting = set(self._opening)
        done, _ = await asyncio.wait(waiting, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            self._note("waiting for a free CPU of the Ray cluster; Ctrl-C is safe")
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._raise_failure()
        self._note(f"Ray: {workers} worker{'s' if workers > 1 else ''}, {cpu_words(ray)}")

    async def run(self, planned: PlannedTrial) -> Trial:
        """Run a trial on a worker.

        Raises:
            ProviderError: the trial's own, or because its worker was lost.
            SetupError: when no worker is left.
            LlmopsError: whatever else the worker says.
        """
        self._raise_failure()
        if not self._load:
            message = "every Ray worker of this run was lost."
            raise SetupError(message, hint="What is done is kept: the same command goes on from there.")
        worker = min(self._load, key=self._load.__getitem__)
        self._load[worker] += 1
        try:
            return self._trial_in(await worker.run.remote(planned))
        except self._ray.exceptions.RayActorError as error:
            self._load.pop(worker, None)
            message = "the Ray worker that had this trial was lost."
            raise ProviderError(message, hint="Run it again: llmops eval --retry-errors", retryable=True) from error
        finally:
            if worker in self._load:
                self._load[worker] -= 1

    async def close(self) -> None:
        """Stop what is under way, let workers write what they keep, and end them; never raises."""
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        closing = [asyncio.ensure_future(_answer(worker.close.remote())) for worker in self._load]
        if closing:
            await asyncio.wait(closing, timeout=CLOSING_SECONDS)
        for late in closing:
            late.cancel()
        await asyncio.gather(*closing, return_exceptions=True)
        for worker in self._all:
            self._ray.kill(worker)

    async def _open(self, worker: Any) -> None:  # noqa: ANN401 - a handle of Ray's
        try:
            reply: Reply = await worker.open.remote()
        except self._ray.exceptions.RayError as error:
            self._failure = self._failure or _not_started(error)
            return
        self._tell(reply)
        if reply.error is not None:
            self._failure = self._failure or reply.error
        else:
            self._load[worker] = 0

    def _trial_in(self, reply: Reply) -> Trial:
        self._tell(reply)
        if reply.error is not None:
            raise reply.error
        if reply.trial is None:
            message = "a Ray worker answered with neither a trial nor an error."
            raise RuntimeError(message)
        return reply.trial

    def _tell(self, reply: Reply) -> None:
        for sentence in reply.notes:
            if sentence not in self._noted:
                self._noted.add(sentence)
                self._note(sentence)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def cpu_words(ray: Any) -> str:  # noqa: ANN401 - the module
    """Return how large the cluster is, for people."""
    cpus = int(ray.cluster_resources().get("CPU", 0))
    nodes = sum(1 for node in ray.nodes() if node["Alive"])
    return f"{cpus} CPUs on {nodes} node{'s' if nodes != 1 else ''}"


async def _answer(reference: Any) -> object:  # noqa: ANN401 - of Ray's
    return await reference


def _not_started(error: Exception) -> LlmopsError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    reason = safe_text(lines[-1] if lines else type(error).__name__, one_line=True)[:300]
    message = f"a Ray worker did not start: {reason}"
    return SetupError(message, hint=f"Every node needs llmops-cli {__version__}, and the same Python as this machine.")
