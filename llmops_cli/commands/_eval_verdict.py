"""From a finished run to what it comes to: compared with the committed baseline, or said not to be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.reports.eval_outcome import EvalOutcome
from llmops_cli.reports.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_cli.commands._eval_run import FinishedRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.suites import GatePolicy
    from llmops_cli.evals.measured_run import MeasuredRun
    from llmops_cli.evals.summary import RunSummary

GRAVEST_FIRST = (
    ExitCode.GATE_FAILED,
    ExitCode.PROVIDER_FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.INCOMPARABLE,
    ExitCode.NOT_RUN,
    ExitCode.PASS,
)
"""Of several outcomes the gravest is the exit code: what is certainly broken comes before what is not known."""


def outcome_of(workspace: Workspace, finished: FinishedRun) -> EvalOutcome:
    """Return what one run came to. A run that measured nothing, or stopped early, is never a pass."""
    policy = finished.planned.job.suite.gate
    word, reasons, code, compared_with = verdict_of_run(workspace, finished.summary, finished.measured, policy)
    return EvalOutcome(
        summary=finished.summary,
        word=word,
        reasons=reasons,
        exit_code=code,
        run_path=finished.record.folder.relative_to(workspace.root).as_posix(),
        elapsed_seconds=finished.elapsed_seconds,
        compared_with=compared_with,
    )


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code of several outcomes together."""
    return min(codes, key=GRAVEST_FIRST.index)


def verdict_of_run(
    workspace: Workspace, summary: RunSummary, measured: MeasuredRun, policy: GatePolicy
) -> tuple[str, tuple[str, ...], ExitCode, str]:
    """Return the verdict's word, its reasons, its exit code, and what the run was compared with."""
    from llmops_cli.commands._scores import load_committed  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.baseline import stale_reasons  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.comparison import compare_run  # noqa: PLC0415 - only when the command runs

    if not summary.measured_anything:
        return "PROVIDER FAILED", (_why_nothing(summary),), ExitCode.PROVIDER_FAILED, ""
    if summary.stopped:
        reason = f"Stopped early: {summary.stopped}; {counted(summary.trials.not_run, 'trial')} not run."
        return "INCONCLUSIVE", (reason,), ExitCode.INCONCLUSIVE, ""
    loaded = load_committed(workspace.tree, workspace.settings, summary.prompt_id)
    if loaded is None:
        return _without_baseline(summary)
    if loaded.baseline is None:
        told = tuple(f"{finding.path}: {finding.message} {finding.hint}".strip() for finding in loaded.findings)
        return "INCOMPARABLE", told, ExitCode.INCOMPARABLE, ""
    baseline = loaded.baseline
    stale = stale_reasons(baseline, now=datetime.now(UTC), models_served=measured.models_served)
    comparison = compare_run(baseline.run, measured, policy, stale=stale, final=True)
    kind = comparison.verdict.kind
    word = "PASS, improved" if comparison.improved else kind.value.upper()
    compared_with = f"baseline of v{baseline.run.prompt_version}, {baseline.acceptance.at:%Y-%m-%d}"
    return word, comparison.verdict.reasons, kind.exit_code, compared_with


def _without_baseline(summary: RunSummary) -> tuple[str, tuple[str, ...], ExitCode, str]:
    next_step = f"Accept this run as the first one: llmops baseline accept {summary.prompt_id} --why …"
    if summary.critical_failed:
        named = ", ".join(summary.critical_failed[:5])
        reason = f"{counted(len(summary.critical_failed), 'critical case')} failed: {named}."
        return "CRITICAL CASES FAIL", (reason,), ExitCode.GATE_FAILED, ""
    return "NOT COMPARED", (f"There is no baseline yet. {next_step}",), ExitCode.INCOMPARABLE, ""


def _why_nothing(summary: RunSummary) -> str:
    kinds = ", ".join(f"{number} × {kind}" for kind, number in summary.error_kinds.items())
    return f"No trial could be measured ({kinds or 'none was run'})."
