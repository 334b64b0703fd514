"""Judges inside a run: cheapest tier first, what was spared, what it took, and budgets that count judges too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from evals.eval_world import Echo, World, job_of
from evals.judges.scripted import Scripted, choice, ports_of

from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals.job import RunBudget
from llmops_cli.evals.judges.binding import with_judges
from llmops_cli.evals.judges.judgement import DETAILS
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.evals.runs.journal import read_entries

if TYPE_CHECKING:
    from pathlib import Path

JUDGE = MetricSpec(metric="judge", name="faithful", parameters={"rubric": "rubrics/faithful.yaml", "allow": ["echo"]})
SHORT = MetricSpec(metric="max_words", name="short", parameters={"limit": 3}, required=True)
CASES = tuple(
    Case(id=f"case-{number}", variables={"text": "a few words" if number % 2 else "many more words than that"})
    for number in range(10)
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def test_a_failed_required_metric_spares_the_judge_and_the_summary_says_what_that_saved(world: World) -> None:
    judge = Scripted(lambda _request: choice("good"))
    job = job_of(CASES, SHORT, JUDGE)
    summary, _ = world.run(job, Echo(), bind_with=with_judges(bind, lambda: ports_of(judge)))
    assert len(judge.asked) == 5
    judging = summary.judging
    assert judging is not None
    assert (judging.judged, judging.effort.calls, judging.avoided, judging.avoided_calls) == (5, 5, 5, 5)
    assert judging.avoided_usd == pytest.approx(0.005)
    assert summary.spending.cost_usd == pytest.approx(0.01)  # ten answers of the prompt itself, no judge in it
    assert judging.effort.cost_usd == pytest.approx(0.005)
    assert summary.as_json()["judging"]


def test_without_fail_fast_an_optional_failure_does_not_spare_the_judge(world: World) -> None:
    optional = MetricSpec(metric="max_words", name="short", parameters={"limit": 3})
    for fail_fast, asked in ((False, 10), (True, 5)):
        judge = Scripted(lambda _request: choice("good"))
        job = job_of(CASES, optional, JUDGE, fail_fast_tier=fail_fast)
        world.run(job, Echo(), bind_with=with_judges(bind, lambda judge=judge: ports_of(judge)))  # type: ignore[misc]
        assert len(judge.asked) == asked


def test_a_judge_error_makes_the_trial_errored_and_its_cost_is_kept(world: World) -> None:
    judge = Scripted(lambda _request: "no idea")
    summary, _ = world.run(job_of(CASES[:2], JUDGE), Echo(), bind_with=with_judges(bind, lambda: ports_of(judge)))
    assert (summary.trials.errored, summary.trials.passed, summary.score) == (2, 0, None)
    assert summary.judging is not None
    assert (summary.judging.failed, summary.judging.effort.calls) == (2, 4)


def test_the_budget_counts_what_judges_cost(world: World) -> None:
    judge = Scripted(lambda _request: choice("good"))
    job = job_of(CASES, JUDGE, budget=RunBudget(max_cost_usd=0.006), concurrency=1)
    summary, end = world.run(job, Echo(), bind_with=with_judges(bind, lambda: ports_of(judge)))
    assert end.stopped is not None
    assert summary.trials.done == 3


def test_the_journal_keeps_who_judged_how(world: World, tmp_path: Path) -> None:
    judge = Scripted(lambda _request: choice("good", "all of it is in the input"))
    world.run(job_of(CASES[:1], JUDGE), Echo(), bind_with=with_judges(bind, lambda: ports_of(judge)))
    journal = next((tmp_path / "runs").glob("*/journal.jsonl"))
    score = next(read_entries(journal)).trial.scores[0]
    details = score.details[DETAILS]
    assert isinstance(details, dict)
    assert details["model"] == "test/judge"
    assert {"temperature", "seed", "votes_asked", "form", "answers", "source", "calls", "cost_usd"} <= details.keys()


def test_a_run_without_judges_says_nothing_of_them(world: World) -> None:
    summary, _ = world.run(job_of(CASES, MetricSpec(metric="max_words", name="short", parameters={"limit": 9})), Echo())
    assert summary.judging is None
    assert "judging" not in summary.as_json()
