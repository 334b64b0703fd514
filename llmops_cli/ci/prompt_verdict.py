"""From a measured suite to what it says about a prompt, and from its suites to the prompt's verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.runs import NOT_RECORDED
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.judges.unlicensed import judge_remarks
from llmops_cli.reports.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.ci.gate_runs import SuiteRun
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.gating.looks import Looked
    from llmops_cli.evals.judges.licence import Licence
    from llmops_cli.evals.judges.unlicensed import JudgeRemarks
    from llmops_cli.evals.runs.summary import RunSummary

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
    if not looked.candidate.passed:
        return nothing_measured(summary)
    verdict = looked.comparison.verdict
    if looked.stopped and verdict.kind is not VerdictKind.REGRESSION:
        reason = f"Stopped early: {looked.stopped}."
        return outcome_of(VerdictKind.INCONCLUSIVE, reason, *verdict.reasons)
    if verdict.kind is VerdictKind.INCONCLUSIVE and set(summary.error_kinds) == {NOT_RECORDED}:
        return not_recorded(summary)
    return outcome_of(verdict.kind, *verdict.reasons)


def uncompared_outcome(
    summary: RunSummary, measured: MeasuredRun, *, stopped: str, licences: Mapping[str, Licence] | None = None
) -> Outcome:
    """Decide about a prompt that the base's suite cannot judge, by the thresholds of its own.

    `measured` holds which trials passed, those of judges without a licence left out.
    """
    if not measured.passed:
        return nothing_measured(summary)
    judges = judge_remarks(licences or {}, {}, measured.flipped)
    outcome = _by_thresholds(summary, measured, stopped, judges)
    return replace(outcome, reasons=tuple(dict.fromkeys([*outcome.reasons[:1], *judges.all, *outcome.reasons[1:]])))


def _by_thresholds(summary: RunSummary, measured: MeasuredRun, stopped: str, judges: JudgeRemarks) -> Outcome:
    total = summary.cases.total
    passed = sum(2 * sum(trials) > len(trials) for trials in measured.passed.values())
    passing = f"{passed} of {counted(total, 'case')} pass its own thresholds"
    critical = sorted(case for case in measured.critical_cases if not all(measured.passed.get(case, ())))
    if critical:
        named = ", ".join(critical[:SHOWN])
        return outcome_of(VerdictKind.REGRESSION, f"New, and critical cases fail: {named}; {passing}.")
    if stopped:
        return outcome_of(VerdictKind.INCONCLUSIVE, f"Stopped early: {stopped}; {passing}.")
    if 2 * passed < total:
        if set(summary.error_kinds) == {NOT_RECORDED}:
            return not_recorded(summary)
        return outcome_of(VerdictKind.REGRESSION, f"New, and most of its own cases fail: {passing}.")
    if judges.flipped:
        return outcome_of(VerdictKind.INCONCLUSIVE, *judges.flipped)
    reason = f"New: the base has no suite that could judge it, and no baseline; {passing}."
    return outcome_of(VerdictKind.INCOMPARABLE, reason)


def nothing_measured(summary: RunSummary) -> Outcome:
    """Decide about a suite of which no trial could be measured."""
    first = next((trial.message for trial in summary.errors), "")
    if set(summary.error_kinds) == {"render"}:
        reason = f"The cases of the base cannot be rendered with this prompt: {first}"
        return outcome_of(VerdictKind.INCOMPARABLE, reason)
    if set(summary.error_kinds) == {NOT_RECORDED}:
        return not_recorded(summary)
    kinds = ", ".join(f"{number} × {kind}" for kind, number in summary.error_kinds.items())
    if not kinds:
        return outcome_of(VerdictKind.NOT_RUN, f"No trial was run: {summary.stopped or 'the suite has no case'}.")
    told = (f"No trial could be measured ({kinds}).", first) if first else (f"No trial could be measured ({kinds}).",)
    return Outcome(kind=VerdictKind.INCONCLUSIVE, reasons=told, exit_code=ExitCode.PROVIDER_FAILED)


def not_recorded(summary: RunSummary) -> Outcome:
    """Decide about a suite that only recordings could answer, and do not: nobody was asked, so nothing is known."""
    missing = summary.error_kinds.get(NOT_RECORDED, 0)
    if missing == summary.trials.planned:
        reason = "There is no recording for this prompt, and no model at hand."
    else:
        reason = f"{missing} of {summary.trials.planned} trials have no recording, and no model is at hand."
    hint = f"Record them where the model is at hand, and commit: {record_command(summary.prompt_id)}."
    return outcome_of(VerdictKind.NOT_RUN, reason, hint)


def record_command(prompt_id: str) -> str:
    """Return the command that records what a replay misses."""
    return f"llmops eval {prompt_id} --record"


def prompt_outcome(decisive: SuiteRun, head_suite: SuiteRun | None) -> Outcome:
    """Return what the prompt comes to: the base's suite decides, and the head's may find a regression too."""
    if head_suite is None or head_suite.kind is not VerdictKind.REGRESSION or decisive.kind is VerdictKind.REGRESSION:
        return Outcome(kind=decisive.kind, reasons=decisive.reasons, exit_code=decisive.exit_code)
    return outcome_of(
        VerdictKind.REGRESSION,
        *(f"With the suite of this change: {reason}" for reason in head_suite.reasons),
        *(f"With the suite of the base: {reason}" for reason in decisive.reasons),
    )


def judged_by_its_author(outcome: Outcome, why: str) -> Outcome:
    """Take back a verdict that rests on answers of the change itself; what they show to be broken stays broken."""
    if outcome.kind not in {VerdictKind.PASS, VerdictKind.INCONCLUSIVE, VerdictKind.INCOMPARABLE}:
        return outcome
    hint = "Run the gate where the model is at hand, or let the base's policy trust them: own_recordings: warn."
    return outcome_of(VerdictKind.NOT_RUN, why, hint, *outcome.reasons)


def weakly_measured(outcome: Outcome, sentences: Sequence[str]) -> Outcome:
    """Take back a pass of a suite that a know-nothing passes as well; what fails on it fails all the more."""
    if outcome.kind is not VerdictKind.PASS:
        return outcome
    told = (f"{sentences[0]} So a pass would say nothing.", *sentences[1:])
    return outcome_of(VerdictKind.INCONCLUSIVE, *told, *outcome.reasons)


def head_suite_notes(head_suite: SuiteRun) -> Iterator[str]:
    """Say what the changed suite adds to the decisive one."""
    comparison = head_suite.comparison
    if comparison is not None and comparison.failing_added:
        named = ", ".join(comparison.failing_added[:SHOWN])
        more = f" and {len(comparison.failing_added) - SHOWN} more" if len(comparison.failing_added) > SHOWN else ""
        yield f"Added cases that fail: {named}{more}."
    first = head_suite.reasons[0] if head_suite.reasons else ""
    yield f"With the suite of this change: {head_suite.kind.value}. {first}".strip()
