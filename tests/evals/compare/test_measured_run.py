"""From the journal of a real run to what a comparison reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from evals.eval_world import cases_of, job_of

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.runs import Trial, TrialError, TrialKey
from llmops_cli.core.scores import Score, ScoreFailure
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


JUDGE = MetricSpec(metric="judge", name="faithful", parameters={"rubric": "rubrics/true.yaml", "min": 0.5})


def judged(case: str, faithful: Score | ScoreFailure, *, number: int = 0) -> JournalEntry:
    scores: tuple[Score, ...] = (Score(metric="equals", value=1.0, passed=True, reason=""),)
    if isinstance(faithful, Score):
        scores = (*scores, faithful)
    failures = (faithful,) if isinstance(faithful, ScoreFailure) else ()
    trial = Trial(key=TrialKey(case_id=case, number=number), scores=scores, failures=failures, aside=("faithful",))
    return JournalEntry(trial=trial, score=1.0)


FLIP = ScoreFailure(metric="faithful", reason="wrong", details={"judge": {"canaries": "canary 2 (bad) passed"}})
UNREAD = ScoreFailure(metric="faithful", reason="cannot be read")
BAD = Score(metric="faithful", value=0.0, passed=False, reason="not judged: an echo")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("whole", [False, True])
def test_a_judge_with_wrong_canaries_takes_no_trial_with_it_whatever_the_order(order: int, whole: bool) -> None:  # noqa: FBT001
    mixed = [judged("case-00000", FLIP), judged("case-00001", BAD), judged("case-00002", UNREAD)]
    run = collect_run(job_of(cases_of(3), EQUALS, JUDGE), mixed[::order], whole=whole)
    assert run.flipped == {"faithful": "canary 2 (bad) passed"}
    assert run.scores.keys() == {"equals"}
    assert run.lost.lost == 0
    assert run.passed == dict.fromkeys(("case-00000", "case-00001", "case-00002"), (True,))
    assert ("faithful" in run.yardstick.metrics) is not whole


def test_a_judge_that_could_not_be_read_loses_its_trials_unless_it_only_warns() -> None:
    job_judged = job_of(cases_of(2), EQUALS, JUDGE)
    entries_judged = [judged("case-00000", UNREAD), judged("case-00001", BAD)]
    assert collect_run(job_judged, entries_judged).lost.lost == 1
    warned = collect_run(job_judged, entries_judged, only_warn={"faithful"})
    assert (warned.lost.lost, warned.passed["case-00001"]) == (0, (True,))
    # kept for later, what it measured counts: a licence may come
    whole = collect_run(job_judged, entries_judged, only_warn={"faithful"}, whole=True)
    assert (whole.lost.lost, whole.passed["case-00001"], whole.scores["faithful"]) == (
        0,
        (False,),
        {"case-00001": (0.0,)},
    )
