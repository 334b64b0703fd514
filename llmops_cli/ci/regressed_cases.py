"""The cases that a person should look at, with what went in and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_runs import RegressedCase
from llmops_cli.reports.numbers import score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.suites import Case
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.runs.summary import FailingTrial, RunSummary

MOST_CASES = 20
LONGEST_OUTPUT = 2000


def regressed_cases(
    cases: Mapping[str, Case], summary: RunSummary, candidate: MeasuredRun, base: MeasuredRun | None
) -> tuple[RegressedCase, ...]:
    """Return the failing cases that worked at the base, are critical, or were not there; the gravest first."""
    first: dict[str, FailingTrial] = {}
    for trial in summary.failing:
        first.setdefault(trial.case_id, trial)
    found = []
    for case_id, trial in first.items():
        after = candidate.passed.get(case_id, ())
        before = base.passed.get(case_id, ()) if base else ()
        share = sum(before) / len(before) if before else 1.0
        if not trial.critical and after and sum(after) / len(after) >= share:
            continue  # it was no better before
        found.append(
            RegressedCase(
                case_id=case_id,
                path=trial.path,
                line=trial.line,
                critical=trial.critical,
                input=cases[case_id].variables,
                expected=trial.expected,
                base_output=None,
                head_output=trial.got,
                reasons=tuple(_reason(metric.name, metric.reason, metric.score) for metric in trial.metrics),
                passes=sum(after),
                trials=len(after),
                base_passes=sum(before),
                base_trials=len(before),
            )
        )
    return tuple(sorted(found, key=_gravest)[:MOST_CASES])


def _gravest(case: RegressedCase) -> tuple[bool, float]:
    before = case.base_passes / case.base_trials if case.base_trials else 1.0
    after = case.passes / case.trials if case.trials else 0.0
    return (not case.critical, after - before)


def _reason(name: str, reason: str, value: float | None) -> str:
    return f"{name}: {reason}" if value is None else f"{name} {score(value)}: {reason}"
