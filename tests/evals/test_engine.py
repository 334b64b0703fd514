"""A run: every case answered and scored, errors kept apart from failures, budgets kept, nothing paid twice."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from evals.eval_world import EQUALS, Echo, World, answer_of, cases_of, job_of, render

from llmops_cli.core.completions import CompletionSource
from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.core.scores import Score, ScoreFailure, Tier
from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals import tier_scoring
from llmops_cli.evals.engine import evaluate
from llmops_cli.evals.job import RunBudget, repeats_for
from llmops_cli.evals.measuring import metric_table
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.evals.ports import EvalPorts
from llmops_cli.evals.runs.journal import read_entries
from llmops_cli.evals.runs.summary_builder import summarize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer


class Failing(Echo):
    """Fails on the given texts, so many times each."""

    def __init__(self, *texts: str, times: int = 10**9) -> None:
        super().__init__()
        self.left = dict.fromkeys(texts, times)

    async def complete(self, request: CompletionRequest) -> Completion:
        text = request.messages[-1].content
        if self.left.get(text, 0) > 0:
            self.left[text] -= 1
            self.asked.append((text, request.trial))
            message = "503 from the provider"
            raise ProviderError(message, retryable=True)
        return await super().complete(request)


def test_every_case_is_asked_as_often_as_the_job_says_and_summed_up(world: World) -> None:
    model = Echo()
    summary, end = world.run(job_of(cases_of(20, wrong_every=4), repeats=3, concurrency=4), model)
    assert len(model.asked) == len(set(model.asked)) == 60
    assert end.complete
    assert (end.run_now, end.calls) == (60, 60)
    assert end.paid_usd == pytest.approx(0.06)
    assert (summary.trials.passed, summary.trials.failed, summary.trials.errored) == (45, 15, 0)
    assert (summary.cases.passed, summary.cases.always_passed, summary.cases.failed) == (15, 15, 5)
    assert summary.score == pytest.approx(0.75)
    assert (summary.metrics[0].mean, summary.metrics[0].passed) == (0.75, 45)
    assert summary.spending.usage.input_tokens == 600
    assert summary.spending.cost_usd == pytest.approx(0.06)
    assert summary.sources == {"live": 60}
    assert summary.models_served == {"echo-1": 60}
    assert summary.latency is not None
    assert summary.latency.p95_seconds == pytest.approx(0.25, rel=0.01)
    assert summary.critical_failed == ("case-00000",)
    assert summary.critical_unmeasured == ()
    first = summary.failing[0]
    assert (first.case_id, first.got, first.expected) == ("case-00000", "say 0", "something else")
    assert first.metrics[0].reason == 'expected "something else", got "say 0"'


def test_no_more_calls_run_at_once_than_the_job_allows(world: World) -> None:
    model = Echo(wait=True)
    world.run(job_of(cases_of(50), concurrency=7), model)
    assert model.most_at_once == 7


def test_the_first_trial_of_every_case_comes_before_the_second_of_any(world: World) -> None:
    model = Echo()
    world.run(job_of(cases_of(5), repeats=2, concurrency=1), model)
    assert [trial for _, trial in model.asked] == [0] * 5 + [1] * 5


def test_a_provider_error_is_an_errored_trial_and_never_a_failed_case(world: World) -> None:
    summary, _ = world.run(job_of(cases_of(10)), Failing("say 3", "say 0"))
    assert (summary.trials.passed, summary.trials.failed, summary.trials.errored) == (8, 0, 2)
    assert (summary.cases.passed, summary.cases.failed, summary.cases.unmeasured) == (8, 0, 2)
    assert summary.score == 1.0
    assert summary.error_kinds == {"provider": 2}
    assert summary.critical_unmeasured == ("case-00000",)
    assert [error.case_id for error in summary.errors] == ["case-00000", "case-00003"]


def test_errors_are_left_alone_on_resume_unless_they_are_to_be_retried(world: World) -> None:
    job = job_of(cases_of(10))
    model = Failing("say 3", times=1)
    summary, _ = world.run(job, model)
    assert summary.trials.errored == 1
    again, end = world.run(job, model, retry_errors=True)
    assert (end.run_now, end.resumed) == (1, 9)
    assert (again.trials.passed, again.trials.errored) == (10, 0)
    assert len(model.asked) == 11
    uninterrupted, _ = World(world.folders._root.parent / "other").run(job, Echo())
    assert again == uninterrupted


def test_one_open_journal_takes_a_second_look_without_paying_for_the_first(world: World) -> None:
    job = job_of(cases_of(10))
    model = Echo()
    run = world.folders.open(job)
    ports = EvalPorts(
        model=model, render=render, bind=bind, clock=time.monotonic, journal=run.journal, progress=world.seen.append
    )
    with run.journal:
        first = asyncio.run(evaluate(job, ports))
        second = asyncio.run(evaluate(replace(job, repeats=2), ports))
        critical = replace(job, repeats=4, cases=job.cases[:1])
        third = asyncio.run(evaluate(critical, ports))
    assert (first.run_now, second.run_now, third.run_now) == (10, 10, 2)
    assert (first.resumed, second.resumed, third.resumed) == (0, 10, 2)
    assert (world.seen[-1].done, world.seen[-1].total) == (4, 4)
    assert len(set(model.asked)) == len(model.asked) == 22


def test_an_error_that_fails_again_counts_once(world: World) -> None:
    job = job_of(cases_of(4))
    model = Failing("say 3")
    for _ in range(3):
        summary, _ = world.run(job, model, retry_errors=True)
        assert (summary.trials.passed, summary.trials.errored) == (3, 1)


def test_an_error_that_no_trial_gets_around_ends_the_run_and_keeps_what_is_done(world: World) -> None:
    class NoKey(Echo):
        async def complete(self, request: CompletionRequest) -> Completion:
            if len(self.asked) == 5:
                message = "the key is missing"
                raise SetupError(message)
            return await super().complete(request)

    job = job_of(cases_of(10), concurrency=3)
    with pytest.raises(SetupError, match="the key is missing"):
        world.run(job, NoKey())
    model = Echo()
    summary, end = world.run(job, model)
    assert (end.resumed, len(model.asked)) == (5, 5)
    assert summary.trials.passed == 10


def test_a_budget_of_calls_is_kept_to_the_call_and_what_is_done_is_kept(world: World) -> None:
    job = job_of(cases_of(50), concurrency=8, budget=RunBudget(max_calls=13))
    model = Echo(wait=True)
    summary, end = world.run(job, model)
    assert len(model.asked) == 13
    assert end.stopped is not None
    assert not end.complete
    assert (summary.trials.done, summary.trials.not_run) == (13, 37)
    assert summary.stopped == "max_calls was reached"
    more, end = world.run(replace(job, budget=RunBudget()), model)
    assert (end.resumed, end.run_now, len(model.asked)) == (13, 37, 50)
    assert more.trials.passed == 50


def test_a_budget_of_dollars_is_overstepped_by_less_than_what_runs_at_once(world: World) -> None:
    model = Echo(cost_usd=0.01, wait=True)
    summary, end = world.run(job_of(cases_of(100), concurrency=8, budget=RunBudget(max_cost_usd=0.2)), model)
    assert 0.2 <= summary.spending.paid_usd < 0.2 + 8 * 0.01
    assert end.stopped is not None


def test_an_unknown_price_stops_a_run_with_a_limit_in_dollars(world: World) -> None:
    summary, end = world.run(
        job_of(cases_of(50), concurrency=2, budget=RunBudget(max_cost_usd=1.0)), Echo(cost_usd=None)
    )
    assert "price is unknown" in summary.stopped
    assert end.calls <= 2
    assert summary.spending.unpriced == end.calls


def test_recorded_answers_are_free(world: World) -> None:
    class Recorded(Echo):
        async def complete(self, request: CompletionRequest) -> Completion:
            return answer_of(self.text(request), source=CompletionSource.RECORDING)

    summary, end = world.run(job_of(cases_of(10), budget=RunBudget(max_calls=1)), Recorded())
    assert end.complete
    assert (end.calls, summary.spending.paid_usd) == (0, 0.0)
    assert summary.spending.cost_usd == pytest.approx(0.01)
    assert summary.sources == {"recording": 10}


def test_a_budget_that_is_just_enough_completes_the_run(world: World) -> None:
    _, end = world.run(job_of(cases_of(10), budget=RunBudget(max_calls=10)), Echo())
    assert end.complete


def test_progress_counts_every_trial(world: World) -> None:
    world.run(job_of(cases_of(10, wrong_every=5), concurrency=3), Failing("say 1"))
    last = world.seen[-1]
    assert [event.done for event in world.seen] == list(range(1, 11))
    assert (last.total, last.failed, last.errored, last.calls) == (10, 2, 1, 9)
    assert last.eta_seconds == 0


def test_a_failed_required_metric_makes_the_trial_zero_whatever_the_rest_says(world: World) -> None:
    metrics = (
        MetricSpec(metric="max_words", name="short", parameters={"limit": 1}, required=True),
        MetricSpec(metric="contains", name="says", parameters={"expected": "say"}, weight=3),
    )
    vetoed, _ = world.run(job_of(cases_of(4), *metrics), Echo())
    assert (vetoed.score, vetoed.cases.failed) == (0.0, 4)
    weighted, _ = world.run(job_of(cases_of(4), replace(metrics[0], required=False), metrics[1]), Echo())
    assert (weighted.score, weighted.cases.failed) == (0.75, 4)
    assert [metric.mean for metric in weighted.metrics] == [0.0, 1.0]


class Costly:
    """A scorer of a tier that costs; counts the batches it is given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.batches: list[int] = []

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        self.batches.append(len(contexts))
        await asyncio.sleep(0)
        return [Score(metric=self.name, value=1.0, passed=True, reason="") for _ in contexts]


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> Costly:
    """Let the metric `min_words` stand for a judge."""
    tier_of = metric_table.tier_of

    def judged(spec: MetricSpec) -> Tier:
        return Tier.JUDGE if spec.metric == "min_words" else tier_of(spec)

    monkeypatch.setattr(tier_scoring, "tier_of", judged)
    monkeypatch.setattr("llmops_cli.evals.runs.metric_tally.tier_of", judged)
    return Costly("judge")


JUDGE = MetricSpec(metric="min_words", name="judge", parameters={"limit": 1})


@pytest.mark.parametrize(("required", "fail_fast", "spared"), [(True, False, 5), (False, True, 5), (False, False, 0)])
def test_a_decided_trial_spares_the_costly_tiers(
    world: World, costly: Costly, *, required: bool, fail_fast: bool, spared: int
) -> None:
    def bind_with(spec: MetricSpec) -> Scorer:
        return costly if spec.name == "judge" else bind(spec)

    # the judge stands first in the file: tiers go by cost, not by place
    job = job_of(cases_of(20, wrong_every=4), JUDGE, replace(EQUALS, required=required), fail_fast_tier=fail_fast)
    summary, _ = world.run(job, Echo(wait=True), bind_with=bind_with)
    assert sum(costly.batches) == 20 - spared
    assert summary.avoided == ({"judge": spared} if spared else {})
    assert summary.metrics[0].skipped == spared
    assert summary.cases.failed == 5


def test_scorers_of_costly_tiers_are_given_batches(world: World, costly: Costly) -> None:
    def bind_with(spec: MetricSpec) -> Scorer:
        return costly if spec.name == "judge" else bind(spec)

    world.run(job_of(cases_of(100), JUDGE, EQUALS, concurrency=20), Echo(wait=True), bind_with=bind_with)
    assert sum(costly.batches) == 100
    assert len(costly.batches) < 50


def test_a_metric_that_fails_to_measure_is_an_error_and_scored_again_without_a_call(world: World) -> None:
    broken = True

    class Moody(Costly):
        async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
            if broken:
                return [ScoreFailure(metric=self.name, reason="the judge could not be read") for _ in contexts]
            return await super().score(contexts)

    def bind_with(_spec: MetricSpec) -> Scorer:
        return Moody("equals")

    job = job_of(cases_of(5))
    model = Echo()
    summary, _ = world.run(job, model, bind_with=bind_with)
    assert (summary.trials.errored, summary.error_kinds, summary.score) == (5, {"metric": 5}, None)
    assert not summary.measured_anything
    broken = False
    summary, _ = world.run(job, model, retry_errors=True, bind_with=bind_with)
    assert (summary.trials.passed, summary.trials.errored, len(model.asked)) == (5, 0, 5)


def test_a_case_adds_its_own_metrics(world: World) -> None:
    own = MetricSpec(metric="max_words", name="short", parameters={"limit": 1})
    cases = (*cases_of(2), Case(id="own", variables={"text": "say it"}, expected="say it", metrics=(own,)))
    summary, _ = world.run(job_of(cases), Echo())
    assert [(metric.name, metric.measured, metric.cases_only) for metric in summary.metrics] == [
        ("equals", 3, False),
        ("short", 1, True),
    ]
    assert (summary.cases.passed, summary.cases.failed) == (2, 1)


def test_only_the_asked_tiers_are_scored(world: World) -> None:
    job = job_of(cases_of(3), tiers=frozenset({Tier.SEMANTIC}))
    assert job.metrics_of(job.cases[0]) == ()
    assert world.run(job, Echo())[0].measured_anything is False


def test_the_order_of_the_journal_does_not_change_the_summary(world: World) -> None:
    metrics = (MetricSpec(metric="edit_distance", name="near", parameters={"min": 0.7, "expected": "say 12345"}),)
    job = job_of(cases_of(60), *metrics, repeats=2)
    summary, _ = world.run(job, Echo(cost_usd=0.1))
    entries = list(read_entries(next(world.folders.records()).journal))
    for seed in range(5):
        random.Random(seed).shuffle(entries)  # noqa: S311 - any order will do
        assert summarize(job, entries) == summary


def test_a_model_at_temperature_zero_is_asked_once() -> None:
    job = job_of(cases_of(1))
    assert repeats_for(job.suite, job.model) == 1
    assert repeats_for(job.suite, replace(job.model, temperature=0.7)) == 3
    assert repeats_for(job.suite, replace(job.model, temperature=None)) == 3
    assert repeats_for(replace(job.suite, repeats=5), job.model) == 5
