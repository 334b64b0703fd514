"""From two runs to one verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evals.compare.measured_runs import measured, steady, with_changed

from llmops_cli.core.suites import GatePolicy
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.compare.critical import CriticalState
from llmops_cli.evals.compare.lost_trials import LostTrials
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.comparing.metric_comparison import ALL_METRICS
from llmops_cli.evals.comparing.verdict import holds_the_change

POLICY = GatePolicy()
BASE = measured({"label_in": steady(1, 30, 5)})


def broken(cases: int, trials: int, of: int = 30) -> dict[str, list[float]]:
    return {**steady(1, of, trials), **steady(0, cases, trials)}


def test_nothing_changed_passes_after_two_trials_of_each_case() -> None:
    first = compare_run(BASE, measured({"label_in": steady(1, 30, 1)}), POLICY)
    assert first.verdict.kind is VerdictKind.INCONCLUSIVE
    assert first.next_look == 2
    second = compare_run(BASE, measured({"label_in": steady(1, 30, 2)}), POLICY)
    assert second.verdict.kind is VerdictKind.PASS
    assert second.next_look is None
    assert not second.improved
    (reason,) = second.verdict.reasons
    assert reason == (
        "label_in: PASS on these 30 cases (0.0 points, 95% −2.6…+2.6)."
        " It cannot see a production drop smaller than 10 points; 124-371 cases would show 5."
    )


def test_an_all_broken_prompt_is_a_regression_after_one_trial() -> None:
    comparison = compare_run(BASE, measured({"label_in": steady(0, 30, 1)}), POLICY)
    assert comparison.verdict.kind is VerdictKind.REGRESSION
    assert comparison.next_look is None
    assert comparison.metrics[0].decision.base_mean == 1
    assert comparison.metrics[0].decision.candidate_mean == 0


def test_an_improvement_is_told() -> None:
    worse = measured({"label_in": broken(10, 5)})
    comparison = compare_run(worse, measured({"label_in": steady(1, 30, 5)}), POLICY)
    assert comparison.verdict.kind is VerdictKind.PASS
    assert comparison.improved


def test_a_critical_case_is_confirmed_before_it_blocks() -> None:
    critical = frozenset({"case-000"})
    once = replace(measured({"label_in": broken(1, 1)}), critical_cases=critical)
    comparison = compare_run(BASE, once, POLICY)
    assert comparison.verdict.kind is VerdictKind.INCONCLUSIVE
    assert comparison.rerun_cases == ("case-000",)
    twice = replace(measured({"label_in": broken(1, 2)}), critical_cases=critical)
    comparison = compare_run(BASE, twice, POLICY)
    assert comparison.verdict.kind is VerdictKind.REGRESSION
    assert comparison.verdict.reasons[0] == "Critical case broken: case-000 (passes 0 of 2)."


def test_a_critical_case_that_was_broken_before_still_blocks_and_says_so() -> None:
    critical = frozenset({"case-000"})
    base = replace(measured({"label_in": broken(1, 5)}), critical_cases=critical)
    comparison = compare_run(base, base, POLICY)
    assert comparison.verdict.kind is VerdictKind.REGRESSION
    assert "it was broken in the baseline already" in comparison.verdict.reasons[0]
    assert comparison.critical[0].before is CriticalState.BROKEN


def test_a_flaky_critical_case_is_listed_and_does_not_block() -> None:
    scores = {**steady(1, 30, 5), "case-000": [1.0, 0.0, 1.0, 1.0, 1.0]}
    flaky = replace(measured({"label_in": scores}), critical_cases=frozenset({"case-000"}))
    comparison = compare_run(BASE, flaky, POLICY)
    assert comparison.critical[0].state is CriticalState.FLAKY
    assert comparison.verdict.kind is VerdictKind.PASS


def test_two_confirmed_breaks_block_where_the_average_would_not() -> None:
    base = measured({"label_in": steady(1, 200, 5)})
    candidate = measured({"label_in": broken(2, 3, of=200)})
    comparison = compare_run(base, candidate, POLICY)
    assert comparison.metrics[0].decision.verdict == "pass"
    assert comparison.verdict.kind is VerdictKind.REGRESSION
    assert "case-000 fails 3/3 (baseline passes 5/5)" in comparison.verdict.reasons[0]
    warned = compare_run(base, candidate, replace(POLICY, hard_breaks="warn"))
    assert warned.verdict.kind is VerdictKind.PASS
    assert any("case-001 fails 3/3" in reason for reason in warned.verdict.reasons)


def test_a_change_that_mends_as_many_cases_as_it_breaks_is_not_blocked_for_the_breaks() -> None:
    first, second = {"case-000", "case-001"}, {"case-002", "case-003"}
    cases = [f"case-{number:03d}" for number in range(200)]
    base = measured({"label_in": {case: [0.0 if case in second else 1.0] * 5 for case in cases}})
    candidate = measured({"label_in": {case: [0.0 if case in first else 1.0] * 3 for case in cases}})
    comparison = compare_run(base, candidate, POLICY)
    assert comparison.mended == ("case-002", "case-003")
    assert comparison.verdict.kind is VerdictKind.PASS
    assert comparison.verdict.reasons[-1].startswith("Worked before and fails now: case-000 fails 3/3")


def test_one_confirmed_break_is_listed_even_when_it_passes() -> None:
    comparison = compare_run(BASE, measured({"label_in": broken(1, 5)}), POLICY)
    assert comparison.verdict.kind is VerdictKind.PASS
    assert comparison.verdict.reasons[-1] == "Worked before and fails now: case-000 fails 5/5 (baseline passes 5/5)."


def test_suspected_breaks_ask_for_one_more_trial() -> None:
    comparison = compare_run(BASE, measured({"label_in": broken(1, 2)}), POLICY)
    assert comparison.rerun_cases == ("case-000",)
    assert compare_run(BASE, measured({"label_in": broken(1, 2)}), POLICY, final=True).rerun_cases == ()


def test_lost_trials_are_inconclusive_even_when_all_the_rest_fails() -> None:
    lost = replace(measured({"label_in": steady(0, 30, 5)}), lost=LostTrials(trials=150, lost=4))
    assert compare_run(BASE, lost, POLICY).verdict.kind is VerdictKind.INCONCLUSIVE


def test_a_run_without_a_single_trial_is_not_run() -> None:
    assert compare_run(BASE, measured({}), POLICY).verdict.kind is VerdictKind.NOT_RUN


def test_a_metric_that_is_added_breaks_no_case() -> None:
    stricter = measured({"label_in": steady(1, 30, 5), "rouge_l": {**steady(1, 30, 5), **steady(0, 4, 5)}})
    comparison = compare_run(BASE, stricter, POLICY)
    assert comparison.hard_breaks == ()
    assert comparison.verdict.kind is VerdictKind.PASS
    assert "Not in the baseline, judged by thresholds alone: rouge_l." in comparison.verdict.reasons


def test_a_metric_measured_in_another_way_is_incomparable() -> None:
    changed = with_changed(measured({"label_in": steady(1, 30, 5)}), metrics={"label_in": "sha256:other"})
    comparison = compare_run(BASE, changed, POLICY)
    assert comparison.verdict.kind is VerdictKind.INCOMPARABLE
    assert "label_in" in comparison.verdict.reasons[0]


def test_a_regression_found_is_one_although_another_metric_is_incomparable() -> None:
    base = measured({"label_in": steady(1, 30, 5), "max_words": steady(1, 30, 5)})
    candidate = with_changed(
        measured({"label_in": steady(0, 30, 5), "max_words": steady(1, 30, 5)}), metrics={"max_words": "sha256:other"}
    )
    assert compare_run(base, candidate, POLICY).verdict.kind is VerdictKind.REGRESSION


def test_changed_cases_are_left_out_and_named() -> None:
    changed = with_changed(measured({"label_in": broken(1, 5)}), cases={"case-000": "sha256:other"})
    comparison = compare_run(BASE, changed, POLICY)
    assert comparison.cases == 29
    assert comparison.verdict.kind is VerdictKind.PASS
    assert comparison.verdict.reasons[-1] == "Cases that changed since the baseline and are not compared: case-000."


def test_added_and_removed_cases_are_named() -> None:
    candidate = measured({"label_in": {**steady(1, 29, 5), "new-case": [0.0] * 5}})
    comparison = compare_run(BASE, candidate, POLICY)
    assert comparison.comparability.added_cases == ("new-case",)
    assert comparison.comparability.removed_cases == ("case-029",)
    assert comparison.failing_added == ("new-case",)
    assert comparison.verdict.kind is VerdictKind.PASS
    assert "Removed cases: case-029." in comparison.verdict.reasons


def test_no_case_in_common_is_incomparable() -> None:
    candidate = measured({"label_in": {f"other-{number}": [1.0] for number in range(30)}})
    assert compare_run(BASE, candidate, POLICY).verdict.kind is VerdictKind.INCOMPARABLE


def test_a_stale_baseline_is_incomparable_until_both_sides_are_run() -> None:
    candidate = measured({"label_in": steady(1, 30, 5)})
    comparison = compare_run(BASE, candidate, POLICY, stale=("The baseline is 15 days old.",))
    assert comparison.verdict.kind is VerdictKind.INCOMPARABLE
    assert comparison.verdict.reasons[0] == "The baseline is 15 days old."


def test_fewer_cases_than_the_policy_asks_for_are_inconclusive() -> None:
    base, candidate = measured({"label_in": steady(1, 25, 5)}), measured({"label_in": steady(1, 25, 5)})
    assert compare_run(base, candidate, replace(POLICY, min_cases=25)).verdict.kind is VerdictKind.PASS
    comparison = compare_run(base, candidate, replace(POLICY, min_cases=26))
    assert comparison.verdict.kind is VerdictKind.INCONCLUSIVE
    assert comparison.verdict.reasons[0] == "Too few cases: 25 could be compared, the policy asks for 26."


def test_graded_scores_come_with_a_sign_flip_p_value() -> None:
    base = measured({"rouge_l": steady(0.8, 30, 5)}, threshold=0.5)
    comparison = compare_run(base, measured({"rouge_l": steady(0.79, 30, 5)}, threshold=0.5), POLICY)
    metric = comparison.metrics[0]
    assert metric.kind == "score"
    assert metric.sign_flip().worse == pytest.approx(0.5**30)
    assert comparison.verdict.kind is VerdictKind.PASS


def test_metrics_of_single_cases_count_through_the_pass_rate() -> None:
    base = measured({"label_in": steady(1, 30, 5), "own": {"case-000": [1.0] * 5}})
    candidate = measured({"label_in": steady(1, 30, 5), "own": {"case-000": [0.0] * 5}})
    comparison = compare_run(base, candidate, POLICY)
    assert [metric.name for metric in comparison.metrics] == ["label_in", ALL_METRICS]
    assert comparison.metrics[1].decision.candidate_mean == pytest.approx(29 / 30)


def test_one_deterministic_trial_is_enough() -> None:
    declared = frozenset({"label_in"})
    base = measured({"label_in": steady(1, 30, 1)}, deterministic_metrics=declared)
    same = compare_run(base, base, POLICY)
    assert same.verdict.kind is VerdictKind.PASS
    two = measured({"label_in": broken(2, 1)}, deterministic_metrics=declared)
    worse = compare_run(base, two, POLICY)
    assert worse.verdict.kind is VerdictKind.REGRESSION
    assert worse.next_look is None
    assert worse.rerun_cases == ()


def test_a_false_declaration_of_determinism_is_found_out() -> None:
    declared = frozenset({"label_in"})
    mixed = measured({"label_in": {**steady(1, 30, 2), "case-007": [1.0, 0.0]}}, deterministic_metrics=declared)
    comparison = compare_run(BASE, mixed, POLICY)
    assert comparison.next_look == 3
    assert any(
        "Declared deterministic, but repeats differ: label_in" in reason for reason in comparison.verdict.reasons
    )


def test_clusters_reach_the_gate() -> None:
    clusters = {f"case-{number:03d}": f"document-{number // 10}" for number in range(30)}
    comparison = compare_run(BASE, measured({"label_in": steady(1, 30, 5)}, clusters=clusters), POLICY)
    assert comparison.metrics[0].decision.clusters == 3
    assert comparison.verdict.kind is VerdictKind.INCONCLUSIVE


def test_only_the_policy_lets_an_inconclusive_verdict_hold_a_change() -> None:
    undecided = compare_run(BASE, measured({"label_in": steady(1, 30, 1)}), POLICY, final=True).verdict
    assert not holds_the_change(undecided, POLICY)
    assert holds_the_change(undecided, replace(POLICY, on_inconclusive="block"))
    assert holds_the_change(compare_run(BASE, measured({}), POLICY).verdict, POLICY)
    assert not holds_the_change(compare_run(BASE, BASE, POLICY).verdict, POLICY)


def test_an_unsettled_critical_case_is_inconclusive_at_the_end() -> None:
    scores = {**steady(1, 30, 5), "case-000": [1.0, 0.0, 0.0, 1.0, 0.0]}
    run = replace(measured({"label_in": scores}), critical_cases=frozenset({"case-000"}))
    verdict = compare_run(BASE, run, POLICY).verdict
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.reasons[0] == "Critical cases that failed and are not settled: case-000."
