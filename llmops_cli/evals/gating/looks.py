"""Measure as often as the verdict needs: one look, and the next only where the last one could not tell.

Both arms run where the base's stored trials cannot stand for the present: trial by trial beside each other,
through the same model port, so that what drifts at the provider drifts for both.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.engine import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from llmops_cli.core.suites import Case, GatePolicy
    from llmops_cli.evals.comparing.comparison import Comparison
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.judges.licence import Licence
    from llmops_cli.evals.ports import EvalPorts
    from llmops_cli.evals.runs.run_end import RunEnd

MOST_TRIALS = 10
"""Of one case: whatever the looks and re-runs ask for, it ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One prompt on one suite with the journal it is measured into; `measure` reads back what is there so far."""

    job: EvalJob
    ports: EvalPorts
    measure: Callable[[], MeasuredRun]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the looks came to: `trials` of every case (re-runs aside), and why they `stopped` early, if so."""

    comparison: Comparison
    candidate: MeasuredRun
    base: MeasuredRun
    trials: int
    stopped: str = ""


async def compare_by_looks(
    candidate: Arm,
    base: MeasuredRun | Arm,
    policy: GatePolicy,
    *,
    stale: Callable[[MeasuredRun], Sequence[str]] = lambda _run: (),
    licences: Mapping[str, Licence] | None = None,
) -> Looked:
    """Run the candidate (and the base, where it is an arm) until the comparison is decided or the looks are over.

    `stale` says of a measured candidate why stored trials cannot stand for the present; the comparison then
    ends at once as incomparable, and the caller runs both arms. `licences` are those of the suite's judges.

    Raises:
        LlmopsError: for what no trial can get around, such as a missing key.
    """
    arms = [candidate] if not isinstance(base, Arm) else [candidate, base]
    trials = policy.looks[0]
    again: tuple[str, ...] = ()
    while True:
        stopped = await _run(arms, trials, again)
        measured = candidate.measure()
        known = base.measure() if isinstance(base, Arm) else base
        compare = partial(compare_run, known, measured, policy, licences=licences)
        comparison = compare(stale=tuple(stale(measured)), final=True if stopped else None)
        found = Looked(comparison=comparison, candidate=measured, base=known, trials=trials, stopped=stopped)
        if stopped or comparison.verdict.kind in _DECIDED:
            return found
        following = next((look for look in policy.looks if look > trials), None) if comparison.next_look else None
        # trials with errors leave a case behind; asking again for the same look would never end
        if comparison.next_look and following is None:
            return replace(found, comparison=compare(final=True))
        again = () if following else _left(candidate, comparison.rerun_cases)
        if following is None and not again:
            return found
        trials = following or trials


_DECIDED = (VerdictKind.REGRESSION, VerdictKind.INCOMPARABLE, VerdictKind.NOT_RUN)


async def run_once(arm: Arm, trials: int) -> str:
    """Run every case that often, without comparing; return why it ended early, or nothing."""
    return await _run([arm], trials, ())


async def _run(arms: Sequence[Arm], trials: int, again: Sequence[str]) -> str:
    ends: list[RunEnd] = []

    async def one(arm: Arm, job: EvalJob) -> None:
        ends.append(await evaluate(job, arm.ports))

    for jobs in _rounds(arms, trials, again):
        try:
            async with asyncio.TaskGroup() as group:
                for arm, job in jobs:
                    group.create_task(one(arm, job))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if early := next((end.stopped.value for end in ends if end.stopped), ""):
            return early
    return ""


def _rounds(arms: Sequence[Arm], trials: int, again: Sequence[str]) -> Iterator[list[tuple[Arm, EvalJob]]]:
    """Return what runs at the same time: both arms of a look, or one more trial of single cases of the candidate."""
    if not again:
        yield [(arm, replace(arm.job, repeats=trials)) for arm in arms]
        return
    arm = arms[0]
    done = trials_of_cases(arm)
    by_number: defaultdict[int, list[Case]] = defaultdict(list)
    for case in arm.job.cases:
        if case.id in again:
            by_number[done[case.id]].append(case)
    for number, cases in sorted(by_number.items()):
        yield [(arm, replace(arm.job, cases=tuple(cases), repeats=number + 1))]


def trials_of_cases(arm: Arm) -> Counter[str]:
    """Return how many trials of each case the journal holds, those with errors included."""
    return Counter(case_id for case_id, _ in arm.ports.journal.state.done)


def _left(arm: Arm, cases: Sequence[str]) -> tuple[str, ...]:
    done = trials_of_cases(arm)
    return tuple(case for case in cases if done[case] < MOST_TRIALS)
