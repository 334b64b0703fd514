"""From a measured suite to what it says about a prompt, and from its suites to the prompt's verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.reports.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.gate_report import SuiteRun
    from llmops_cli.evals.gating.looks import Looked
    from llmops_cli.evals.summary import RunSummary

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict with its reasons, the decisive one first, and the exit code that carries it."""

    kind: VerdictKind
    reasons: tuple[str, ...]
    exit_code: ExitCode


def outcome_of(kind: VerdictKind, *reasons: str) -> Outcome:
    """Return the outcome whose exit code is the verdict's own."""
    return Outcome(kind=kind, reasons=reasons, exit_code=kind.exit_code)


def compared_outcome(looked: Looked, summary: RunSummary) -> Outcome:
    """Decide about a suite that was compared. What measured nothing, or stopped early, is never a pass."""
    if not summary.measured_anything:
        return nothing_measured(summary)
    verdict = looked.comparison.verdict
    if looked.stopped and verdict.kind is not VerdictKind.REGRESSION:
        reason = f"Stopped early: {looked.stopped}."
        return outcome_of(VerdictKind.INCONCLUSIVE, reason, *verdict.reasons)
    return outcome_of(verdict.kind, *verdict.reasons)


def uncompared_outcome(summary: RunSummary, *, stopped: str) -> Outcome:
    """Decide about a prompt that the base's suite cannot judge, by the thresholds of its own."""
    if not summary.measured_anything:
        return nothing_measured(summary)
    cases = summary.cases
    passing = f"{cases.passed} of {counted(cases.total, 'case')} pass its own thresholds"
    if summary.critical_failed:
        named = ", ".join(summary.critical_failed[:SHOWN])
        return outcome_of(VerdictKind.REGRESSION, f"New, and critical cases fail: {named}; {passing}.")
    if stopped:
        return outcome_of(VerdictKind.INCONCLUSIVE, f"Stopped early: {stopped}; {passing}.")
    if 2 * cases.passed < cases.total:
        return outcome_of(VerdictKind.REGRESSION, f"New, and most of its own cases fail: {passing}.")
    reason = f"New: the base has no suite that could judge it, and no baseline; {passing}."
    return outcome_of(VerdictKind.INCOMPARABLE, reason)


def nothing_measured(summary: RunSummary) -> Outcome:
    """Decide about a suite of which no trial could be measured."""
    first = next((trial.message for trial in summary.errors), "")
    if set(summary.error_kinds) == {"render"}:
        reason = f"The cases of the base cannot be rendered with this prompt: {first}"
        return outcome_of(VerdictKind.INCOMPARABLE, reason)
    kinds = ", ".join(f"{number} × {kind}" for kind, number in summary.error_kinds.items())
    if not kinds:
        return outcome_of(VerdictKind.NOT_RUN, "No trial was run.")
    told = (f"No trial could be measured ({kinds}).", first) if first else (f"No trial could be measured ({kinds}).",)
    return Outcome(kind=VerdictKind.INCONCLUSIVE, reasons=told, exit_code=ExitCode.PROVIDER_FAILED)


def prompt_outcome(decisive: SuiteRun, head_suite: SuiteRun | None) -> Outcome:
    """Return what the prompt comes to: the base's suite decides, and the head's may find a regression too."""
    if head_suite is None or head_suite.kind is not VerdictKind.REGRESSION or decisive.kind is VerdictKind.REGRESSION:
        return Outcome(kind=decisive.kind, reasons=decisive.reasons, exit_code=decisive.exit_code)
    return outcome_of(
        VerdictKind.REGRESSION,
        *(f"With the suite of this change: {reason}" for reason in head_suite.reasons),
        *(f"With the suite of the base: {reason}" for reason in decisive.reasons),
    )


def head_suite_notes(head_suite: SuiteRun) -> Iterator[str]:
    """Say what the changed suite adds to the decisive one."""
    comparison = head_suite.comparison
    if comparison is not None and comparison.failing_added:
        named = ", ".join(comparison.failing_added[:SHOWN])
        more = f" and {len(comparison.failing_added) - SHOWN} more" if len(comparison.failing_added) > SHOWN else ""
        yield f"Added cases that fail: {named}{more}."
    first = head_suite.reasons[0] if head_suite.reasons else ""
    yield f"With the suite of this change: {head_suite.kind.value}. {first}".strip()
