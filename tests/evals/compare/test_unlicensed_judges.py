"""What a judge without a licence may do in a comparison: be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from evals.compare.measured_runs import measured, steady

from llmops_cli.core.suites import GatePolicy
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.judges.licence import Licence, LicenceState

if TYPE_CHECKING:
    from llmops_cli.evals.comparing.measured_run import MeasuredRun

POLICY = GatePolicy()


def run_with_judge(words: float, judge: float, trials: int = 5) -> MeasuredRun:
    """Thirty cases that a plain metric and a judge score; case 0 is critical."""
    run = measured({"max_words": steady(words, 30, trials), "faithful": steady(judge, 30, trials)})
    passed = dict.fromkeys(run.passed, (words == 1.0,) * trials)
    return replace(run, passed_without_judges=passed, critical_cases=frozenset({"case-000"}))


def licences(state: LicenceState, *reasons: str) -> dict[str, Licence]:
    return {"faithful": Licence(state=state, reasons=reasons)}


@pytest.mark.parametrize("state", [LicenceState.UNCALIBRATED, LicenceState.STALE])
def test_without_a_licence_a_judge_neither_blocks_nor_breaks_a_critical_case(state: LicenceState) -> None:
    base, worse = run_with_judge(1, 1), run_with_judge(1, 0)
    assert compare_run(base, worse, POLICY).verdict.kind is VerdictKind.REGRESSION
    warned = compare_run(base, worse, POLICY, licences=licences(state, "so it is"))
    assert warned.verdict.kind is VerdictKind.PASS
    assert [metric.name for metric in warned.metrics] == ["max_words"]
    assert [(metric.name, metric.only_warns) for metric in warned.shown] == [("max_words", False), ("faithful", True)]
    assert warned.verdict.reasons[1] == (
        f"judge metric 'faithful' has no licence ({state.value}: so it is): it warns, it does not block; "
        "it sees a regression (100.0 → 0.0)."
    )


def test_without_a_licence_a_judge_lets_nothing_pass_and_calls_nothing_improved() -> None:
    base, better = run_with_judge(1, 0), run_with_judge(1, 1)
    assert compare_run(base, better, POLICY).improved
    assert not compare_run(base, better, POLICY, licences=licences(LicenceState.UNCALIBRATED)).improved
    broken = compare_run(base, run_with_judge(0, 1), POLICY, licences=licences(LicenceState.UNCALIBRATED))
    assert broken.verdict.kind is VerdictKind.REGRESSION


def test_a_licensed_judge_counts_as_ever() -> None:
    base, worse = run_with_judge(1, 1), run_with_judge(1, 0)
    licensed = licences(LicenceState.CALIBRATED)
    assert compare_run(base, worse, POLICY, licences=licensed) == compare_run(base, worse, POLICY)


def test_a_drifted_judge_makes_the_run_incomparable_unless_something_else_broke() -> None:
    drifted = licences(LicenceState.DRIFTED, "9 of 60 anchors changed their verdict: the judge changed, not the prompt")
    base = run_with_judge(1, 1)
    verdict = compare_run(base, base, POLICY, licences=drifted).verdict
    assert verdict.kind is VerdictKind.INCOMPARABLE
    assert verdict.reasons[0].endswith("the judge changed, not the prompt.")
    assert compare_run(base, run_with_judge(0, 1), POLICY, licences=drifted).verdict.kind is VerdictKind.REGRESSION
    assert not compare_run(base, base, POLICY, licences=drifted).aside


def test_a_judge_that_looks_again_and_again_takes_no_look_of_the_others() -> None:
    base = replace(run_with_judge(1, 1), deterministic_metrics=frozenset({"max_words"}))
    once = replace(run_with_judge(1, 0, trials=1), deterministic_metrics=frozenset({"max_words"}))
    assert compare_run(base, once, POLICY, licences=licences(LicenceState.UNCALIBRATED)).next_look is None


WRONG = {"faithful": "canary 2 (bad) scored 0.95 and passed"}


def flipped(run: MeasuredRun) -> MeasuredRun:
    """The run as it is where the judge's canaries came out wrong: it has no scores."""
    scores = {name: cases for name, cases in run.scores.items() if name != "faithful"}
    return replace(run, scores=scores, flipped=WRONG)


@pytest.mark.parametrize("side", ["base", "candidate", "both"])
def test_wrong_canaries_cost_a_warning_without_a_licence_and_the_verdict_with_one(side: str) -> None:
    base, candidate = run_with_judge(1, 1), run_with_judge(1, 1)
    base = flipped(base) if side != "candidate" else base
    candidate = flipped(candidate) if side != "base" else candidate
    warned = compare_run(base, candidate, POLICY, licences=licences(LicenceState.UNCALIBRATED, "so it is"))
    assert warned.verdict.kind is VerdictKind.PASS
    assert WRONG["faithful"] in warned.verdict.reasons[1]
    assert not warned.aside
    for licensed in (licences(LicenceState.CALIBRATED), None):
        undecided = compare_run(base, candidate, POLICY, licences=licensed)
        assert undecided.verdict.kind is VerdictKind.INCONCLUSIVE
        assert undecided.verdict.reasons[0].endswith("the judge changed, not the prompt.")


def test_wrong_canaries_hide_no_regression_of_the_rest() -> None:
    base, worse = run_with_judge(1, 1), flipped(run_with_judge(0, 1))
    for state in (LicenceState.UNCALIBRATED, LicenceState.CALIBRATED):
        assert compare_run(base, worse, POLICY, licences=licences(state)).verdict.kind is VerdictKind.REGRESSION


def test_a_drifted_judge_with_wrong_canaries_has_drifted() -> None:
    drifted = licences(LicenceState.DRIFTED, "9 of 60 anchors changed their verdict")
    verdict = compare_run(run_with_judge(1, 1), flipped(run_with_judge(1, 1)), POLICY, licences=drifted).verdict
    assert verdict.kind is VerdictKind.INCOMPARABLE
