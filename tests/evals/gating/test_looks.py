"""The loop of looks: as many trials as the verdict needs, and both arms side by side where asked."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from evals.eval_world import Echo, cases_of, job_of, render

from llmops_cli.core.errors import ProviderError
from llmops_cli.core.suites import GatePolicy
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.comparing.measured_run import collect_run
from llmops_cli.evals.gating.looks import MOST_TRIALS, Arm, compare_by_looks, run_once, trials_of_cases
from llmops_cli.evals.job import RunBudget
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.evals.ports import EvalPorts
from llmops_cli.evals.runs.journal import Journal, read_entries

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.evals.job import EvalJob

POLICY = GatePolicy()
JOB = job_of(cases_of(30), repeats=5)


class Answers(Echo):
    """Echoes, but gets chosen trials of chosen cases wrong."""

    def __init__(self, wrong: dict[int, set[int]], order: list[str] | None = None, name: str = "") -> None:
        super().__init__(wait=True)
        self._wrong = wrong
        self._order = order
        self._name = name

    def text(self, request: CompletionRequest) -> str:
        if self._order is not None:
            self._order.append(self._name)
        said = request.messages[-1].content
        number = int(said.removeprefix("say "))
        return "wrong" if request.trial in self._wrong.get(number, set()) else said


class Failing(Echo):
    async def complete(self, request: CompletionRequest) -> Completion:
        del request
        message = "no answer."
        raise ProviderError(message)


def arm(folder: Path, model: Model, job: EvalJob = JOB, *, steady: bool = False, name: str = "journal") -> Arm:
    path = folder / f"{name}.jsonl"
    journal = Journal.create(path, {}, time.monotonic)
    ports = EvalPorts(
        model=model, render=render, bind=bind, clock=time.monotonic, journal=journal, progress=lambda _progress: None
    )
    names = ("equals",) if steady else ()
    return Arm(
        job=job,
        ports=ports,
        measure=lambda: collect_run(job, read_entries(path), deterministic_metrics=names),
    )


def measured(folder: Path, model: Model, trials: int = 5, *, steady: bool = False) -> Arm:
    base = arm(folder, model, steady=steady, name="base")
    asyncio.run(run_once(base, trials))
    return base


def test_deterministic_answers_are_decided_after_one_trial(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo(), 1, steady=True).measure()
    candidate = arm(tmp_path, Echo(), steady=True)

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.comparison.verdict.kind is VerdictKind.PASS
    assert looked.trials == 1
    assert set(trials_of_cases(candidate).values()) == {1}


def test_answers_that_may_vary_are_asked_again_before_a_pass(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Echo())

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.comparison.verdict.kind is VerdictKind.PASS
    assert set(trials_of_cases(candidate).values()) == {2}


def test_an_all_broken_prompt_is_blocked_after_the_first_look(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    everything = {number: set(range(9)) for number in range(30)}
    candidate = arm(tmp_path, Answers(everything))

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.comparison.verdict.kind is VerdictKind.REGRESSION
    assert looked.trials <= 2


def test_a_critical_case_that_failed_once_is_asked_again_alone(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Answers({10: {0}}))

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    done = trials_of_cases(candidate)
    assert looked.comparison.verdict.kind is VerdictKind.PASS
    assert done["case-00010"] >= 2
    assert done["case-00010"] <= MOST_TRIALS


def test_a_critical_case_that_keeps_failing_is_a_regression(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Answers({10: set(range(10))}))

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.comparison.verdict.kind is VerdictKind.REGRESSION
    assert "case-00010" in looked.comparison.verdict.reasons[0]


def test_the_looks_end(tmp_path: Path) -> None:
    """Noise that no look resolves ends as inconclusive after the last one."""
    base = measured(tmp_path, Answers({n: {0, 2} for n in range(1, 30, 2)})).measure()
    candidate = arm(tmp_path, Answers({n: {1, 3} for n in range(1, 30, 2)}))

    looked = asyncio.run(compare_by_looks(candidate, base, GatePolicy(margin=0.01)))

    assert looked.comparison.verdict.kind is VerdictKind.INCONCLUSIVE
    assert looked.trials == 5
    assert max(trials_of_cases(candidate).values()) <= MOST_TRIALS


def test_trials_with_errors_do_not_make_the_looks_endless(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Failing())

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.comparison.verdict.kind in {VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN}


def test_both_arms_run_side_by_side(tmp_path: Path) -> None:
    order: list[str] = []
    job = replace(JOB, concurrency=1)
    new = arm(tmp_path, Answers({}, order, "new"), job, name="new")
    old = arm(tmp_path, Answers({}, order, "old"), job, name="old")

    looked = asyncio.run(compare_by_looks(new, old, POLICY))

    assert looked.comparison.verdict.kind is VerdictKind.PASS
    assert trials_of_cases(new) == trials_of_cases(old)
    # neither arm is ever more than a few calls ahead, so that drift of the provider meets both
    ahead = [order[:place].count("new") - order[:place].count("old") for place in range(len(order))]
    assert max(map(abs, ahead)) <= 2


def test_stale_trials_end_the_comparison_at_once(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Echo())

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY, stale=lambda _run: ("Too old.",)))

    assert looked.comparison.verdict.kind is VerdictKind.INCOMPARABLE
    assert looked.trials == 1


def test_a_budget_ends_the_looks_with_its_reason(tmp_path: Path) -> None:
    base = measured(tmp_path, Echo()).measure()
    candidate = arm(tmp_path, Echo(), replace(JOB, budget=RunBudget(max_calls=40)))

    looked = asyncio.run(compare_by_looks(candidate, base, POLICY))

    assert looked.stopped == "max_calls was reached"
    assert len(candidate.ports.journal.state.done) == 40
