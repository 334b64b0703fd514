"""The way of `eval` through its stages: plan, ask, run, show, and the exit code of the gravest outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.commands._command_budget import CommandBudget
from llmops_cli.commands._eval_consent import ask_above_limit
from llmops_cli.commands._eval_executor import open_cluster
from llmops_cli.commands._eval_formats import TEXT, as_document
from llmops_cli.commands._eval_plan import plan_runs
from llmops_cli.commands._eval_run import run_one
from llmops_cli.commands._eval_verdict import gravest, outcome_of
from llmops_cli.commands._gateway_settings import gateway_settings
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.reports.eval_text import eval_text, overview_text

if TYPE_CHECKING:
    from llmops_cli.commands._eval_executor import Cluster
    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._eval_plan import PlannedRun
    from llmops_cli.commands._eval_run import FinishedRun
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.reports.eval_outcome import EvalOutcome

SEVERAL = 2


async def evaluate_prompts(
    workspace: Workspace, options: EvalOptions, output_format: str, *, dry_run: bool
) -> ExitCode:
    """Plan, run one prompt after the other, show each as it ends, and return what the gravest of them comes to.

    `output_format` is the name of a format of `_eval_formats`, or `text`.
    """
    outcomes: list[EvalOutcome] = []
    runs: list[FinishedRun] = []
    async with open_gateway(gateway_settings(workspace, options)) as gateway:
        planned = plan_runs(workspace, options, gateway)
        _show_plan(workspace, planned)
        if dry_run:
            workspace.console.note("Nothing was run (--dry-run).")
            return ExitCode.PASS
        whole = options.budget(workspace.settings)
        ask_above_limit(workspace, planned, whole.max_cost_usd, agreed=options.agreed_to_cost)
        budget = CommandBudget(whole)
        with open_cluster(options) as cluster:
            for run in planned:
                job = replace(run.job, budget=budget.left(run.job.suite.max_cost_usd))
                finished, outcome = await _measured(workspace, replace(run, job=job), gateway, options, cluster)
                budget.spend(*finished.spent)
                runs.append(finished)
                outcomes.append(outcome)
                if output_format == TEXT:
                    _show_outcome(workspace, outcomes[-1], brief=len(planned) >= SEVERAL)
    console = workspace.console
    if output_format != TEXT:
        jobs = [(run.planned.job, run.record) for run in runs]
        console.report(as_document(outcomes, jobs, output_format))
    elif len(outcomes) >= SEVERAL:
        console.report("\n" + overview_text(outcomes, console.report_page))
    decisive = gravest(outcomes)
    console.note(f"\nNext: {decisive.next_step}")
    return decisive.exit_code


async def _measured(
    workspace: Workspace, planned: PlannedRun, gateway: Gateway, options: EvalOptions, cluster: Cluster | None
) -> tuple[FinishedRun, EvalOutcome]:
    """Run one prompt beside what it is compared with: the baseline, an earlier revision, or itself."""
    if options.revision is not None:
        from llmops_cli.commands._eval_against import run_against  # noqa: PLC0415 - only with this option

        return await run_against(workspace, planned, gateway, options, options.revision)
    finished = await run_one(workspace, planned, gateway, options, cluster)
    if options.aa:
        from llmops_cli.commands._eval_against import self_outcome  # noqa: PLC0415 - only with this option

        return finished, self_outcome(workspace, finished)
    return finished, _with_options(outcome_of(workspace, finished), options)


def _with_options(outcome: EvalOutcome, options: EvalOptions) -> EvalOutcome:
    """Complete a next step that goes on with this very run: without its options the command begins another one."""
    goes_on = outcome.summary.stopped or outcome.next_step.endswith((" --retry-errors", " --record"))
    if not (goes_on and outcome.next_step.startswith("llmops eval ")):
        return outcome
    return replace(outcome, next_step=f"{outcome.next_step}{options.same_run(outcome.summary.model)}")


def _show_plan(workspace: Workspace, planned: tuple[PlannedRun, ...]) -> None:
    if workspace.console.quiet:
        return
    from llmops_cli.reports.plan_text import PlanRow, plan_text  # noqa: PLC0415 - rich is only for who reads

    rows = [
        PlanRow(
            prompt=run.job.prompt.identifier,
            model=run.job.model.name,
            cases=len(run.job.cases),
            trials=run.job.trials,
            metrics=len(run.job.metrics_of_suite()),
            most_usd=run.most_usd,
        )
        for run in planned
    ]
    workspace.console.note_report(plan_text(rows, workspace.console.error_page))


def _show_outcome(workspace: Workspace, outcome: EvalOutcome, *, brief: bool) -> None:
    console = workspace.console
    console.report("\n" + eval_text(outcome, console.report_page, brief=brief))
