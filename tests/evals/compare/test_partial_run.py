"""A part of a suite against the same part of the baseline."""

from __future__ import annotations

from dataclasses import replace

from evals.compare.measured_runs import measured
from evals.eval_world import cases_of, job_of

from llmops_cli.core.suites import GatePolicy, MetricSpec, Suite
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.compare.comparability import compare_yardsticks
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.comparing.measured_run import MeasuredRun, collect_run, yardstick_of
from llmops_cli.evals.comparing.partial_run import left_out, same_part

EQUALS = MetricSpec(metric="equals", name="equals")
SHORT = MetricSpec(metric="max_words", name="max_words", parameters={"limit": 5})


def runs(suite: Suite, chosen: int) -> tuple[MeasuredRun, MeasuredRun]:
    """Return a baseline of all cases, in which each passes, and a run of the first few, which pass too."""
    base = job_of(suite.cases, *suite.metrics)
    part = replace(base, cases=suite.cases[:chosen])
    return passing(collect_run(base, ())), passing(collect_run(part, ()))


def passing(run: MeasuredRun) -> MeasuredRun:
    cases = tuple(run.yardstick.cases)
    return replace(
        run,
        scores={name: dict.fromkeys(cases, (1.0,)) for name in run.yardstick.metrics},
        passed=dict.fromkeys(cases, (True,)),
        deterministic_metrics=frozenset(run.yardstick.metrics),
    )


def suite_of(count: int) -> Suite:
    return job_of(cases_of(count), EQUALS, SHORT).suite


def test_what_was_not_chosen_is_no_removed_case() -> None:
    base, part = runs(suite_of(30), 25)
    left = left_out(suite_of(30), part)
    assert left.sentence() == "25 of 30 cases were run. The verdict is about this part alone."
    comparison = compare_run(same_part(base, left), part, GatePolicy(), final=True)
    assert comparison.verdict.kind is VerdictKind.PASS
    assert comparison.comparability.complete
    assert comparison.cases == 25


def test_too_few_chosen_cases_are_never_a_pass() -> None:
    base, part = runs(suite_of(30), 3)
    comparison = compare_run(same_part(base, left_out(suite_of(30), part)), part, GatePolicy(), final=True)
    assert comparison.verdict.kind is VerdictKind.INCONCLUSIVE
    assert comparison.verdict.reasons[0].startswith("Too few cases: 3")


def test_a_case_that_the_suite_lost_is_still_removed() -> None:
    base, part = runs(suite_of(30), 25)
    comparison = compare_run(same_part(base, left_out(suite_of(28), part)), part, GatePolicy(), final=True)
    assert comparison.comparability.removed_cases == ("case-00028", "case-00029")


def test_a_broken_part_is_still_a_regression() -> None:
    base, part = runs(suite_of(30), 25)
    broken = replace(
        part,
        scores={name: dict.fromkeys(cases, (0.0,)) for name, cases in part.scores.items()},
        passed=dict.fromkeys(part.passed, (False,)),
    )
    comparison = compare_run(same_part(base, left_out(suite_of(30), broken)), broken, GatePolicy(), final=True)
    assert comparison.verdict.kind is VerdictKind.REGRESSION


def test_metrics_of_another_tier_are_named_as_not_measured() -> None:
    suite = suite_of(30)
    base, _ = runs(suite, 30)
    part = passing(collect_run(job_of(suite.cases, EQUALS), ()))
    left = left_out(suite, part)
    assert left.sentence() == "Not measured: max_words. The verdict is about this part alone."
    assert compare_run(same_part(base, left), part, GatePolicy(), final=True).comparability.complete


def test_a_whole_run_has_nothing_left_out() -> None:
    base, _ = runs(suite_of(30), 30)
    left = left_out(suite_of(30), base)
    assert left.sentence() == ""
    assert same_part(base, left) is base


def test_an_edited_case_leaves_its_metric_comparable_on_the_others() -> None:
    fact = MetricSpec(metric="contains", name="key-fact", parameters={"expected": "a"})
    other = replace(fact, parameters={"expected": "b"})
    cases = tuple(replace(case, metrics=(fact,)) for case in cases_of(3))
    edited = (*cases[:2], replace(cases[2], metrics=(other,)))
    found = compare_yardsticks(yardstick_of(job_of(cases, SHORT), {}, {}), yardstick_of(job_of(edited, SHORT), {}, {}))
    assert found.changed_metrics == ()
    assert found.changed_cases == ("case-00002",)
    kind = tuple(replace(case, metrics=(replace(fact, metric="starts_with"),)) for case in cases)
    changed = compare_yardsticks(yardstick_of(job_of(cases, SHORT), {}, {}), yardstick_of(job_of(kind, SHORT), {}, {}))
    assert changed.changed_cases == tuple(case.id for case in cases)


def test_a_measured_run_without_cases_compares_with_nothing() -> None:
    empty = measured({})
    assert compare_run(empty, empty, GatePolicy(), final=True).verdict.kind is VerdictKind.NOT_RUN
