"""`eval --against REV` and `eval --aa`: the prompt as it is now beside an earlier one, or beside itself."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.ci.prompt_verdict import compared_outcome
from llmops_cli.commands._eval_run import FinishedRun, run_folders
from llmops_cli.commands._eval_verdict import RunVerdict, reported
from llmops_cli.commands._gate_arms import OpenArm
from llmops_cli.commands._judge_licences import suite_licences
from llmops_cli.commands._judges import scorers
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text
from llmops_cli.evals.comparing.metric_comparison import passes_of
from llmops_cli.evals.gating.looks import compare_by_looks
from llmops_cli.evals.gating.self_comparison import SELF_TRIALS, self_comparison_of, self_comparison_sentence
from llmops_cli.evals.job import RunBudget
from llmops_cli.evals.judges.unlicensed import judge_remarks, without_unlicensed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._eval_plan import PlannedRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.reports.eval_outcome import EvalOutcome


async def run_against(
    workspace: Workspace, planned: PlannedRun, gateway: Gateway, options: EvalOptions, revision: str
) -> tuple[FinishedRun, EvalOutcome]:
    """Run the prompt of the work tree and that of `revision` beside each other, as often as the verdict needs.

    Both are measured with the suite of the work tree.

    Raises:
        UsageError: when the revision, or the prompt in it, does not exist.
    """
    started = time.monotonic()
    ours = _half(planned.job)
    catalog = workspace.catalog_at(revision)
    before = catalog.prompt(ours.prompt.id)
    model = ours.model if options.models else replace(before.model, name=gateway.describe(before.model.name).name)
    theirs = replace(ours, prompt=before, model=model)
    policy = ours.suite.gate
    if options.repeats is not None:
        policy = replace(policy, looks=(options.repeats,))
    bind = scorers(workspace, gateway, options.mode, suite_path=ours.suite.path)
    licences = suite_licences(workspace.catalog, ours.suite)
    with ExitStack() as stack:
        new, old = (
            stack.enter_context(closing(OpenArm(workspace, workspace.settings, gateway, job, bind)))
            for job in (ours, theirs)
        )
        looked = await compare_by_looks(new.arm, old.arm, policy, licences=licences)
        old.finish(looked.trials, stopped=looked.stopped)
        summary = new.finish(looked.trials, stopped=looked.stopped)
        paid_usd, calls = map(sum, zip(old.spent, new.spent, strict=True))
    outcome = compared_outcome(looked, summary)
    record = run_folders(workspace.root).record(new.name)
    improved = looked.comparison.improved and outcome.exit_code is ExitCode.PASS
    verdict = RunVerdict(
        word="PASS, improved" if improved else outcome.kind.value.upper(),
        reasons=outcome.reasons,
        exit_code=outcome.exit_code,
        next_step=f"llmops diff {ours.prompt.id} {revision}" if outcome.exit_code is ExitCode.PASS else "",
        compared_with=f"{before.identifier} of {safe_text(catalog.tree.label, one_line=True)}, run beside it",
    )
    elapsed = time.monotonic() - started
    done = replace(planned, job=replace(ours, repeats=looked.trials))
    finished = FinishedRun(
        planned=done,
        summary=summary,
        measured=looked.candidate,
        record=record,
        elapsed_seconds=elapsed,
        spent=(paid_usd, int(calls)),
    )
    return finished, reported(workspace, summary, verdict, record, elapsed_seconds=elapsed)


def self_outcome(workspace: Workspace, finished: FinishedRun) -> EvalOutcome:
    """Return what a run says about the gate of its own suite.

    Raises:
        UsageError: when a case has fewer than two trials.
    """
    job, summary, measured = finished.planned.job, finished.summary, finished.measured
    remarks = judge_remarks(suite_licences(workspace.catalog, job.suite), {}, measured.flipped)
    passed = passes_of(without_unlicensed(measured, job.aside | measured.flipped.keys()), SELF_TRIALS)
    found = self_comparison_of(passed, job.suite.gate) if not summary.stopped else None
    if found is None and not summary.stopped and summary.measured_anything:
        message = "A/A needs at least two measured trials of every case."
        raise UsageError(message, hint="Run with --repeats 10.")
    if remarks.flipped:
        verdict = RunVerdict(
            word="INCONCLUSIVE",
            reasons=remarks.flipped,
            exit_code=ExitCode.INCONCLUSIVE,
            next_step="llmops judge check",
        )
    elif found is None:
        reason = summary.stopped or "Nothing could be measured."
        verdict = RunVerdict(word="NOT COMPARED", reasons=(reason,), exit_code=ExitCode.PROVIDER_FAILED, next_step="")
        if summary.stopped:
            verdict = replace(verdict, exit_code=ExitCode.INCONCLUSIVE)
    else:
        verdict = RunVerdict(
            word="A/A",
            reasons=(self_comparison_sentence(found), *_declared(measured.repeats), *remarks.warnings),
            exit_code=ExitCode.PASS,
            next_step=f"llmops baseline accept {job.prompt.id} --run {finished.record.name} --why …"
            if measured.repeats > 1
            else f"llmops gate, after a change of {job.prompt.id}",
            compared_with="itself, dealt out into two arms 400 times",
        )
    return reported(workspace, summary, verdict, finished.record, elapsed_seconds=finished.elapsed_seconds)


def _declared(repeats: int) -> Iterator[str]:
    if repeats == 1:
        yield "Its answers do not vary, by declaration: one trial of each case stands for all."


def _half(job: EvalJob) -> EvalJob:
    """Return the job of one arm, with half of what both may cost."""
    most = job.budget.max_cost_usd
    calls = job.budget.max_calls
    budget = RunBudget(max_cost_usd=None if most is None else most / 2, max_calls=None if calls is None else calls // 2)
    return replace(job, budget=budget)
