"""From the journal of a real run to what a comparison reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from evals.eval_world import cases_of, job_of

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.runs import Trial, TrialError, TrialKey
from llmops_cli.core.scores import Score
from llmops_cli.core.suites import MetricSpec
from llmops_cli.evals.compare.comparability import compare_yardsticks
from llmops_cli.evals.comparing.measured_run import collect_run, yardstick_of
from llmops_cli.evals.runs.journal_line import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.evals.job import EvalJob

EQUALS = MetricSpec(metric="equals", name="equals")
SHORT = MetricSpec(metric="max_words", name="max_words", parameters={"limit": 5})


def entry(case: str, number: int, value: float, *, cost_usd: float | None = 0.002) -> JournalEntry:
    return JournalEntry(
        trial=Trial(
            key=TrialKey(case_id=case, number=number),
            completion=Completion(
                text="…",
                usage=Usage(input_tokens=10, output_tokens=4),
                model_served="echo-1",
                latency_seconds=0.5,
                cost_usd=cost_usd,
            ),
            scores=(Score(metric="equals", value=value, passed=value >= 0.5, reason=""),),
        ),
        score=value,
    )


def lost(case: str, number: int) -> JournalEntry:
    error = TrialError(kind="provider", message="503")
    return JournalEntry(trial=Trial(key=TrialKey(case_id=case, number=number), error=error), score=None)


def job() -> EvalJob:
    return job_of(cases_of(3))


def entries() -> Iterator[JournalEntry]:
    yield entry("case-00001", 1, 0.25)
    yield entry("case-00000", 0, 1.0)
    yield entry("case-00001", 0, 1.0)
    yield lost("case-00000", 1)


def test_trials_come_in_their_own_order_whenever_they_finished() -> None:
    run = collect_run(job(), entries())
    assert run.scores == {"equals": {"case-00000": (1.0,), "case-00001": (1.0, 0.25)}}
    assert run.passed == {"case-00000": (True,), "case-00001": (True, False)}
    assert run.repeats == 2


def test_lost_trials_are_counted_and_never_scored() -> None:
    run = collect_run(job(), entries())
    assert (run.lost.trials, run.lost.lost) == (4, 1)
    assert run.lost.critical_cases == ("case-00000",)


def test_effort_and_score_are_those_of_the_run() -> None:
    run = collect_run(job(), entries())
    assert run.score == pytest.approx((1.0 + 0.625) / 2)
    assert run.models_served == ("echo-1",)
    assert (run.effort.input_tokens, run.effort.output_tokens) == (30, 12)
    assert run.effort.cost_usd == pytest.approx(0.006)
    assert run.effort.p95_seconds == pytest.approx(0.5, rel=0.02)


def test_an_unknown_price_makes_the_cost_unknown() -> None:
    assert collect_run(job(), [entry("case-00000", 0, 1.0, cost_usd=None)]).effort.cost_usd is None


def test_nothing_measured_has_no_score() -> None:
    run = collect_run(job(), [])
    assert run.score is None
    assert run.repeats == 0


def test_the_yardstick_changes_with_every_parameter_and_only_where_it_changed() -> None:
    cases = cases_of(3)
    base = yardstick_of(job_of(cases, EQUALS, SHORT), {}, {})
    longer = MetricSpec(metric="max_words", name="max_words", parameters={"limit": 6})
    found = compare_yardsticks(base, yardstick_of(job_of(cases, EQUALS, longer), {}, {}))
    assert found.changed_metrics == ("max_words",)
    assert found.metrics == ("equals",)
    assert found.changed_cases == ()
    assert compare_yardsticks(base, base).complete


def test_a_rubric_or_judge_that_changed_is_named() -> None:
    judged = MetricSpec(metric="equals", name="faithful", parameters={"rubric": "faithful-summary"})
    asked = job_of(cases_of(3), judged)
    before = yardstick_of(asked, {"faithful-summary": "sha256:1"}, {"faithful-summary": "sha256:a"})
    rubric = compare_yardsticks(before, yardstick_of(asked, {"faithful-summary": "sha256:2"}, before.judges))
    assert rubric.changed_metrics == ("faithful",)
    assert "(rubric changed: faithful-summary)" in rubric.sentences()[0]
    judge = compare_yardsticks(before, yardstick_of(asked, before.rubrics, {"faithful-summary": "sha256:b"}))
    assert "(judge changed: faithful-summary)" in judge.sentences()[0]


def test_long_lists_of_cases_are_shortened() -> None:
    many, few = yardstick_of(job_of(cases_of(12)), {}, {}), yardstick_of(job_of(cases_of(3)), {}, {})
    sentence = compare_yardsticks(many, few).sentences()[0]
    assert sentence.endswith("case-00007 and 4 more.")
