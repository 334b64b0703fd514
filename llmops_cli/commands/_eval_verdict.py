"""From a finished run to what it comes to: compared with the committed baseline, or said not to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.ci.prompt_verdict import record_command
from llmops_cli.commands._judge_licences import suite_licences
from llmops_cli.commands._scores import load_committed
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.runs import NOT_RECORDED
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.judges.unlicensed import judge_remarks
from llmops_cli.reports.eval_outcome import EvalOutcome
from llmops_cli.reports.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.commands._eval_run import FinishedRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.judges.unlicensed import JudgeRemarks
    from llmops_cli.evals.runs.run_folder import RunRecord
    from llmops_cli.evals.runs.summary import RunSummary

GRAVEST_FIRST = (
    ExitCode.GATE_FAILED,
    ExitCode.PROVIDER_FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.INCOMPARABLE,
    ExitCode.NOT_RUN,
    ExitCode.PASS,
)
"""Of several outcomes the gravest is the exit code: what is certainly broken comes before what is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    """What a run comes to: a word, reasons in sentences (the decisive one first), and the command to run next."""

    word: str
    reasons: tuple[str, ...]
    exit_code: ExitCode
    next_step: str
    compared_with: str = ""
    changed: bool = False
    broken: frozenset[str] = frozenset()


def outcome_of(workspace: Workspace, finished: FinishedRun) -> EvalOutcome:
    """Return what one run came to, ready to be reported."""
    verdict = verdict_of_run(workspace, finished.summary, finished.measured, finished.planned.job.suite)
    return reported(workspace, finished.summary, verdict, finished.record, elapsed_seconds=finished.elapsed_seconds)


def reported(
    workspace: Workspace,
    summary: RunSummary,
    verdict: RunVerdict,
    record: RunRecord,
    *,
    elapsed_seconds: float | None = None,
) -> EvalOutcome:
    """Put figures and verdict together."""
    return EvalOutcome(
        summary=summary,
        word=verdict.word,
        reasons=verdict.reasons,
        exit_code=verdict.exit_code,
        run_path=record.folder.relative_to(workspace.root).as_posix(),
        elapsed_seconds=elapsed_seconds,
        compared_with=verdict.compared_with,
        next_step=verdict.next_step or f"llmops runs show {record.name}",
        changed=verdict.changed,
        broken=verdict.broken,
    )


def gravest(outcomes: Sequence[EvalOutcome]) -> EvalOutcome:
    """Return the outcome that decides about several together; of one kind, a prompt that changed, then the worst."""

    def rank(outcome: EvalOutcome) -> tuple[int, bool, float]:
        score = outcome.summary.score
        return GRAVEST_FIRST.index(outcome.exit_code), not outcome.changed, 1.0 if score is None else score

    return min(outcomes, key=rank)


def verdict_of_run(workspace: Workspace, summary: RunSummary, measured: MeasuredRun, suite: Suite) -> RunVerdict:
    """Decide about a run. One that measured nothing, or stopped early, is never a pass."""
    # what stopped before anything was asked is no failure of a provider
    stopped_first = summary.stopped and not summary.trials.done
    if not measured.passed and not stopped_first:
        return _nothing_measured(summary)
    judges = judge_remarks(suite_licences(workspace.catalog, suite), {}, measured.flipped)
    if summary.stopped:
        reason = f"Stopped early: {summary.stopped}; {counted(summary.trials.not_run, 'trial')} not run."
        next_step = f"llmops eval {summary.prompt_id}"
        reasons = (reason, *judges.all)
        return RunVerdict(word="INCONCLUSIVE", reasons=reasons, exit_code=ExitCode.INCONCLUSIVE, next_step=next_step)
    loaded = load_committed(workspace.tree, workspace.settings, summary.prompt_id)
    if loaded is None and (objection := measured.lost.objection()):
        return _too_many_lost(summary, objection, judges)
    if loaded is None:
        partial = summary.cases.total < len(suite.cases)
        return _without_baseline(summary, _failing_critical(measured), judges, partial=partial)
    if loaded.baseline is None:
        told = tuple(f"{finding.path}: {finding.message} {finding.hint}".strip() for finding in loaded.findings)
        next_step = f"llmops baseline accept {summary.prompt_id} --why …"
        return RunVerdict(word="INCOMPARABLE", reasons=told, exit_code=ExitCode.INCOMPARABLE, next_step=next_step)
    verdict = _compared(workspace, loaded.baseline, measured, suite)
    misses = verdict.exit_code is ExitCode.INCONCLUSIVE and set(summary.error_kinds) == {NOT_RECORDED}
    return replace(_not_recorded(summary), compared_with=verdict.compared_with) if misses else verdict


def _failing_critical(measured: MeasuredRun) -> list[str]:
    """Return the critical cases of which a trial failed, by metrics that may block."""
    return sorted(case for case in measured.critical_cases if not all(measured.passed.get(case, ())))


def _compared(workspace: Workspace, baseline: Baseline, measured: MeasuredRun, suite: Suite) -> RunVerdict:
    from llmops_cli.evals.baselines.baseline import stale_reasons  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.comparing.comparison import compare_run  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.comparing.partial_run import left_out, same_part  # noqa: PLC0415 - only when the command runs

    stale = stale_reasons(baseline, now=datetime.now(UTC), models_served=measured.models_served)
    left = left_out(suite, measured)
    licences = suite_licences(workspace.catalog, suite)
    base = same_part(baseline.run, left)
    comparison = compare_run(base, measured, suite.gate, stale=stale, final=True, licences=licences)
    kind = comparison.verdict.kind
    changed = measured.prompt_digest != baseline.run.prompt_digest
    decisive, *others = comparison.verdict.reasons
    return RunVerdict(
        word="PASS, improved" if comparison.improved else kind.value.upper(),
        reasons=(decisive, *filter(None, [left.sentence()]), *others),
        exit_code=kind.exit_code,
        next_step=f"llmops eval {measured.prompt_id} --against HEAD"
        if stale and kind is VerdictKind.INCOMPARABLE
        else _next_step(kind, measured.prompt_id, changed=changed, whole=not left.sentence()),
        compared_with=f"baseline of v{baseline.run.prompt_version}, accepted {baseline.acceptance.at:%Y-%m-%d}",
        changed=changed,
        broken=_broken(base, measured),
    )


def _broken(base: MeasuredRun, now: MeasuredRun) -> frozenset[str]:
    """Return the cases that mostly passed then and mostly fail now, by the metrics that ask no judge where one does."""

    def passes(run: MeasuredRun) -> dict[str, bool]:
        passed = run.passed_without_judges if base.passed_without_judges and now.passed_without_judges else run.passed
        return {case: 2 * sum(trials) > len(trials) for case, trials in passed.items() if trials}

    before, after = passes(base), passes(now)
    return frozenset(case for case, passing in after.items() if not passing and before.get(case))


def _next_step(kind: VerdictKind, prompt_id: str, *, changed: bool, whole: bool) -> str:
    """Return the most useful command; empty is a look at the run, which shows every failing case."""
    if kind is VerdictKind.INCOMPARABLE:
        return f"llmops baseline check {prompt_id}"
    if not whole and kind is not VerdictKind.REGRESSION:
        return f"llmops eval {prompt_id}"
    if kind is VerdictKind.NOT_RUN:
        return f"llmops eval {prompt_id}"
    return f"llmops diff {prompt_id}" if kind is VerdictKind.PASS and changed else ""


def _without_baseline(
    summary: RunSummary, critical: Sequence[str], judges: JudgeRemarks, *, partial: bool
) -> RunVerdict:
    if critical:
        named = ", ".join(critical[:5])
        reasons = (f"{counted(len(critical), 'critical case')} failed: {named}.", *judges.all)
        return RunVerdict(word="CRITICAL CASES FAIL", reasons=reasons, exit_code=ExitCode.GATE_FAILED, next_step="")
    if judges.flipped:
        return RunVerdict(
            word="INCONCLUSIVE",
            reasons=judges.all,
            exit_code=ExitCode.INCONCLUSIVE,
            next_step="llmops judge check",
        )
    if partial:
        reason, next_step = "There is no baseline yet, and part of the cases cannot become one.", "eval {}"
    else:
        reason, next_step = "There is no baseline yet; this run can become the first one.", "baseline accept {} --why …"
    return RunVerdict(
        word="NOT COMPARED",
        reasons=(reason, *judges.all),
        exit_code=ExitCode.INCOMPARABLE,
        next_step=f"llmops {next_step.format(summary.prompt_id)}",
    )


def _too_many_lost(summary: RunSummary, objection: str, judges: JudgeRemarks) -> RunVerdict:
    if set(summary.error_kinds) == {NOT_RECORDED}:
        return _not_recorded(summary)
    return RunVerdict(
        word="INCONCLUSIVE",
        reasons=(objection, *judges.all),
        exit_code=ExitCode.INCONCLUSIVE,
        next_step=f"llmops eval {summary.prompt_id} --retry-errors",
    )


def _not_recorded(summary: RunSummary) -> RunVerdict:
    """Say what only recordings could have answered, which edit made them miss, and how to record it."""
    missing, first = summary.error_kinds[NOT_RECORDED], summary.errors[:1]
    reasons = (
        f"{missing} of {summary.trials.planned} trials have no recording, and nobody else was asked.",
        *(error.message for error in first),
    )
    next_step = record_command(summary.prompt_id)
    return RunVerdict(word="NOT RUN", reasons=reasons, exit_code=ExitCode.NOT_RUN, next_step=next_step)


def _nothing_measured(summary: RunSummary) -> RunVerdict:
    if set(summary.error_kinds) == {NOT_RECORDED}:
        return _not_recorded(summary)
    kinds = ", ".join(f"{number} × {kind}" for kind, number in summary.error_kinds.items())
    return RunVerdict(
        word="NOTHING MEASURED",
        reasons=(f"No trial could be measured ({kinds or 'none was run'}).",),
        exit_code=ExitCode.PROVIDER_FAILED,
        next_step=f"llmops eval {summary.prompt_id} --retry-errors",
    )
