"""`eval --batch`: hands in what a run still needs as batches, waits for them, and answers the run from them.

What was handed in is written into the run's folder before anybody waits, so that the same command, started again
after Ctrl-C, a crash or a night, asks for the same batches instead of paying for new ones. Between the provider's
taking of a batch and that line on disk lies a moment in which a crash forgets one batch.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.core.errors import InvalidFileError, ProviderError, RefusedError
from llmops_cli.reports.numbers import count, usd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from llmops_cli.commands._console import Console
    from llmops_cli.commands._eval_plan import PlannedRun
    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.evals.runs.run_folder import OpenRun
    from llmops_cli.evals.scheduling import PlannedTrial
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.gateway.batches.batch_api import BatchApi

FILE = "batches.json"
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0

TrialName: TypeAlias = tuple[str, int, int]
"""Case, number of the trial, attempt."""


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    """A batch that the provider has, with its trials in the order of its requests."""

    batch_id: str
    trials: tuple[TrialName, ...]


class BatchAnswers:
    """A model that answers what the batches answered, and nothing else."""

    def __init__(self, answers: Mapping[tuple[str, int], Completion | ProviderError]) -> None:
        """Take the answers by digest of the request and number of the trial."""
        self._answers = answers

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the answer of the batch.

        Raises:
            ProviderError: when the batch has none, saying why.
        """
        found = self._answers.get((request.digest(), request.trial))
        if found is None:
            message = "the batch ended without an answer to this request."
            raise ProviderError(message, hint="Ask again: llmops eval --batch --retry-errors")
        if isinstance(found, ProviderError):
            raise found
        return found


async def batch_answers(
    console: Console, planned: PlannedRun, run: OpenRun, gateway: Gateway, *, retry_errors: bool
) -> BatchAnswers:
    """Hand in what is missing, wait for everything, and return the answers.

    Raises:
        UsageError: when the provider has no batches.
        RefusedError: when the budget does not cover all of it; a batch is paid as a whole.
        ProviderError: when the provider gave a batch up; the next attempt hands it in again.
    """
    from llmops_cli.evals.scheduling import plan_trials  # noqa: PLC0415 - only with this option

    api = gateway.batch_api(planned.job.model.name)
    trials = plan_trials(planned.job, run.journal.state, retry_errors=retry_errors)
    requests = dict(_requests(planned, trials))
    path = run.folder / FILE
    batches = [batch for batch in _read(path) if any(trial in requests for trial in batch.trials)]
    submitted = {trial for batch in batches for trial in batch.trials}
    missing = [trial for trial in requests if trial not in submitted]
    _check_budget(planned, len(missing))
    for chunk in _chunks(missing, api.most_requests):
        batch_id = await api.submit([requests[trial] for trial in chunk])
        batches.append(SubmittedBatch(batch_id, chunk))
        _write(path, batches)
        console.note(f"batch {batch_id}: {count(len(chunk))} requests handed in")
    return BatchAnswers(await _collected(console, api, batches, requests, path))


def _requests(planned: PlannedRun, trials: Iterator[PlannedTrial]) -> Iterator[tuple[TrialName, CompletionRequest]]:
    from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - only with this option

    job = planned.job
    for trial in trials:
        if trial.completion is not None:  # only its scores are missing
            continue
        try:
            messages = render_messages(job.prompt, trial.case.variables)
        except InvalidFileError:  # the run says so, trial by trial
            continue
        yield (trial.key.case_id, trial.key.number, trial.attempt), job.request(messages, trial.key.number)


def _check_budget(planned: PlannedRun, missing: int) -> None:
    budget = planned.job.budget
    hint = "Raise the limit, evaluate fewer cases (--sample), or leave --batch out: single calls stop at a limit."
    if budget.max_calls is not None and missing > budget.max_calls:
        message = f"a batch of {missing:,} requests is above the limit of {budget.max_calls:,} calls."
        raise RefusedError(message, hint=hint)
    if (
        budget.max_cost_usd is not None
        and missing
        and (planned.most_usd is None or planned.most_usd > budget.max_cost_usd)
    ):
        message = f"the batch may cost {usd(planned.most_usd)}, above the limit of {usd(budget.max_cost_usd)}."
        raise RefusedError(message, hint=hint)


async def _collected(
    console: Console,
    api: BatchApi,
    batches: list[SubmittedBatch],
    requests: Mapping[TrialName, CompletionRequest],
    path: Path,
) -> Mapping[tuple[str, int], Completion | ProviderError]:
    answers: dict[tuple[str, int], Completion | ProviderError] = {}
    for batch in batches:
        try:
            problem = await _ended(console, api, batch)
        except ProviderError as error:
            hint = (
                f"{error.hint + ' ' if error.hint else ''}The same command asks for batch {batch.batch_id} again; "
                "if the provider knows it no more, --no-resume hands in a new one, which is paid anew."
            )
            raise ProviderError(error.message, where=error.where, hint=hint) from error
        if problem:
            # forgotten, so that the next attempt hands its requests in again
            _write(path, [each for each in batches if each is not batch])
            message = f"{problem}."
            raise ProviderError(message, where=batch.batch_id, hint="Try again: llmops eval --batch")
        asked = [requests.get(trial) for trial in batch.trials]
        known = [request for request in asked if request is not None]
        stand_in = known[0]
        for number, found in await api.results(batch.batch_id, [request or stand_in for request in asked]):
            request = asked[number] if 0 <= number < len(asked) else None
            if request is not None:
                answers[request.digest(), request.trial] = found
    return answers


async def _ended(console: Console, api: BatchApi, batch: SubmittedBatch) -> str:
    """Wait until a batch has ended; return why it has no answers, or nothing."""
    wait = FIRST_WAIT_SECONDS
    told = -1
    while True:
        progress = await api.progress(batch.batch_id)
        if progress.problem:
            return progress.problem
        if progress.ended:
            return ""
        if progress.done != told:
            told = progress.done
            console.note(
                f"batch {batch.batch_id}: {count(progress.done)} of {count(len(batch.trials))} answered; "
                "Ctrl-C is safe, the same command goes on"
            )
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)


def _chunks(trials: Sequence[TrialName], size: int) -> Iterator[tuple[TrialName, ...]]:
    rest = iter(trials)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def _read(path: Path) -> list[SubmittedBatch]:
    if not path.exists():
        return []
    try:
        listed = json.loads(path.read_bytes())["batches"]
        return [
            SubmittedBatch(str(each["id"]), tuple((str(case), int(n), int(a)) for case, n, a in each["trials"]))
            for each in listed
        ]
    except (ValueError, KeyError, TypeError) as error:
        message = "the list of batches is damaged."
        hint = "Without it their answers cannot be told apart; move the run's folder away and run again."
        raise InvalidFileError(message, where=str(path), hint=hint) from error


def _write(path: Path, batches: Sequence[SubmittedBatch]) -> None:
    document = {
        "batches": [{"id": each.batch_id, "trials": [list(trial) for trial in each.trials]} for each in batches]
    }
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="ascii") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
