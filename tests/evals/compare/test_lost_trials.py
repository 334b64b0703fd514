"""Errors are not failures: above 2% of the trials, or on a critical case, no verdict rests on the run."""

from __future__ import annotations

from llmops_cli.evals.compare.lost_trials import LostTrials


def test_two_percent_are_tolerated_and_more_are_not() -> None:
    assert LostTrials(trials=100, lost=2).objection() is None
    assert "3 of 100 trials were lost to errors (3.0%" in str(LostTrials(trials=100, lost=3).objection())


def test_one_lost_critical_case_is_enough() -> None:
    assert "must-refund" in str(LostTrials(trials=1000, lost=1, critical_cases=("must-refund",)).objection())


def test_a_run_that_lost_everything_is_objected_to() -> None:
    assert LostTrials(trials=0, lost=0).objection() is None
    assert LostTrials(trials=1, lost=1).objection() is not None
