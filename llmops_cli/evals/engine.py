"""The place where the stages of an evaluation meet: plan, execute (render, complete, score), collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError, NotRecordedError, ProviderError
from llmops_cli.core.runs import NOT_RECORDED, Trial, TrialError
from llmops_cli.evals.budget import BudgetMeter
from llmops_cli.evals.judges.judgement import judging_effort
from llmops_cli.evals.progress import ProgressMeter
from llmops_cli.evals.runs.journal_line import JournalEntry
from llmops_cli.evals.runs.run_end import RunEnd
from llmops_cli.evals.scheduling import count_settled, plan_trials, run_all
from llmops_cli.evals.trial_score import trial_score
from llmops_cli.evals.trial_work import TrialWork

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import EvalPorts
    from llmops_cli.evals.scheduling import PlannedTrial


async def evaluate(job: EvalJob, ports: EvalPorts, *, retry_errors: bool = False) -> RunEnd:
    """Run every trial of the job that the journal does not have yet; what is in the journal is not paid again.

    Raises:
        LlmopsError: for what no trial can get around, such as a missing key. The journal stays resumable.
    """
    run = _Run(job, ports, retry_errors=retry_errors)

    async def one_trial(planned: PlannedTrial) -> None:
        try:
            trial = await run.execute(planned)
        except (InvalidFileError, ProviderError) as error:
            trial = _errored(planned, error)
        run.collect(planned, trial)

    planned = plan_trials(job, run.state, retry_errors=retry_errors)
    await run_all(planned, one_trial, concurrency=job.concurrency, may_begin=run.may_begin)
    return run.end(stopped=next(planned, None) is not None)


class _Run:
    """The stages of one run, with what they share."""

    def __init__(self, job: EvalJob, ports: EvalPorts, *, retry_errors: bool) -> None:
        self.state = state = ports.journal.state
        self._job = job
        self._ports = ports
        self._executor = ports.executor or TrialWork(job, model=ports.model, render=ports.render, bind=ports.bind)
        self._budget = BudgetMeter(job.budget, paid_usd=state.paid_usd, calls=state.calls)
        self._resumed = count_settled(job, state, retry_errors=retry_errors)
        self._run_now = 0
        self._meter = ProgressMeter(total=job.trials, resumed=self._resumed, clock=ports.clock, onlooker=ports.progress)

    def may_begin(self) -> bool:
        return self._budget.stop_reason() is None

    async def execute(self, planned: PlannedTrial) -> Trial:
        # with an answer there already only scores are missing, which is no call of the prompt's model
        trial = await (self._executor.run(planned) if planned.completion else self._call(planned))
        judging = judging_effort(trial.scores, trial.failures)
        self._budget.add_judging(judging.paid_usd, judging.unpriced)
        return trial

    async def _call(self, planned: PlannedTrial) -> Trial:
        completion: Completion | None = None
        self._budget.begin()
        try:
            trial = await self._executor.run(planned)
            completion = trial.completion
        finally:
            self._budget.end(completion)
        return trial

    def collect(self, planned: PlannedTrial, trial: Trial) -> None:
        score = trial_score(trial, self._job.metrics_of(planned.case))
        self._ports.journal.append(JournalEntry(trial=trial, score=score, attempt=planned.attempt))
        self._run_now += 1
        self._meter.tell(trial, paid_usd=self._budget.paid_usd, calls=self._budget.calls)

    def end(self, *, stopped: bool) -> RunEnd:
        return RunEnd(
            run_now=self._run_now,
            resumed=self._resumed,
            calls=self._budget.calls,
            paid_usd=self._budget.paid_usd,
            stopped=self._budget.stop_reason() if stopped else None,
        )


def _errored(planned: PlannedTrial, error: InvalidFileError | ProviderError) -> Trial:
    kind = "provider" if isinstance(error, ProviderError) else "render"
    if isinstance(error, NotRecordedError):
        kind = NOT_RECORDED
    return Trial(key=planned.key, error=TrialError(kind=kind, message=str(error)))
