"""`llmops baseline show|accept|check`: the recorded run that changes are compared with."""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import DryRun, Format, PromptIds, PromptName, TextOrJson
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import IncomparableError, InvalidFileError, NothingMatchedError, RefusedError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text
from llmops_cli.registry.suites import usable_suite

if TYPE_CHECKING:
    from llmops_cli.commands._run_record import StoredRun
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.baselines.baseline_accept import BaselinePlan


def show_baseline(ctx: typer.Context, name: PromptName, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """Show the committed baseline of a prompt: scores, and who accepted it why.

    Ends with 7 when there is none or it cannot be used.
    """
    from llmops_cli.reports.baseline_report import baseline_json, baseline_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    baseline = _committed(workspace, workspace.catalog.prompt(name).id)
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(baseline_json(baseline))
        return ExitCode.PASS
    console.payload(baseline_text(baseline, console.report_page))
    console.note(f"\nNext: llmops eval {name}")
    return ExitCode.PASS


def accept_baseline(
    ctx: typer.Context,
    prompts: PromptIds = None,
    *,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for the next reader.")],
    run: Annotated[
        str | None,
        typer.Option(
            "--run", metavar="RUN", help="This run; the newest of each prompt if not given.", show_default=False
        ),
    ] = None,
    dry_run: DryRun = False,
) -> ExitCode:
    """Make the newest run of each prompt its baseline; commit the file for review.

    Only a complete run of the prompt and suite as they are now is taken, with all cases and few enough errors.
    """
    from llmops_cli.evals.baselines.baseline_accept import apply_accept  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    console = workspace.console
    plans = [_plan(workspace, stored, why) for stored in _runs(workspace, tuple(prompts or ()), run)]
    for plan in plans:
        console.payload("\n".join(safe_text(sentence, one_line=True) for sentence in plan.sentences))
        console.note(f"{'would write' if dry_run else 'writing'} {plan.path}")
    if dry_run:
        console.note("Nothing was written (--dry-run).")
        return ExitCode.PASS
    for plan in plans:
        apply_accept(plan, workspace.root)
    console.note(f"\nNext: git add {' '.join(plan.path for plan in plans)}, commit, and have it reviewed")
    return ExitCode.PASS


def check_baselines(ctx: typer.Context, prompts: PromptIds = None) -> ExitCode:
    """Check that the baselines can be compared with: present, intact, of this suite.

    Ends with 7 when one of them cannot.
    """
    workspace = workspace_of(ctx)
    console = workspace.console
    catalog = workspace.catalog
    names = tuple(prompts or ()) or tuple(name for name in catalog.prompt_ids() if catalog.suite_path_of(name))
    if not names:
        message = "there is no prompt with a suite."
        raise NothingMatchedError(message, hint="Make one: llmops new my-prompt")
    bad = 0
    for name in names:
        problems = _problems(workspace, catalog.prompt(name).id)
        bad += bool(problems)
        told = "; ".join(safe_text(problem, one_line=True) for problem in problems) or "fine"
        console.payload(f"{name}: {told}")
    console.note(f"\nNext: {'llmops eval, then llmops baseline accept' if bad else 'llmops eval'}")
    return ExitCode.INCOMPARABLE if bad else ExitCode.PASS


def _committed(workspace: Workspace, prompt_id: str) -> "Baseline":
    from llmops_cli.commands._scores import baseline_path_of, load_committed  # noqa: PLC0415 - only when the command runs

    loaded = load_committed(workspace.tree, workspace.settings, prompt_id)
    path = baseline_path_of(workspace.settings, prompt_id)
    if loaded is None:
        message = f"there is no baseline of '{prompt_id}'."
        raise IncomparableError(
            message, where=path, hint=f"Record one: llmops eval {prompt_id}, then llmops baseline accept"
        )
    if loaded.baseline is None:
        message = "the baseline cannot be used."
        raise InvalidFileError(message, where=path, findings=loaded.findings)
    return loaded.baseline


def _runs(workspace: Workspace, prompts: tuple[str, ...], run: str | None) -> "list[StoredRun]":
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_record import stored_run  # noqa: PLC0415 - only when the command runs

    folders = run_folders(workspace.root)
    if run is not None:
        return [stored_run(workspace, folders.record(run))]
    newest: dict[str, StoredRun] = {}
    for record in folders.records():
        prompt_id = str(record.header["prompt"])
        if prompt_id not in newest and (prompt_id in prompts or not prompts) and record.complete:
            newest[prompt_id] = stored_run(workspace, record)
    missing = [prompt_id for prompt_id in prompts if prompt_id not in newest]
    if missing or not newest:
        message = f"there is no complete run of {', '.join(missing) or 'any prompt'}."
        raise NothingMatchedError(message, hint=f"Make one: llmops eval {' '.join(missing)}".strip())
    return list(newest.values())


def _plan(workspace: Workspace, stored: "StoredRun", why: str) -> "BaselinePlan":
    from llmops_cli import __version__  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._judge_licences import without_licence  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._run_record import measured_run_of, summary_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._scores import baseline_path_of, load_committed  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.baselines.baseline import Acceptance, Baseline  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.baselines.baseline_accept import plan_accept  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.gating.self_comparison import (  # noqa: PLC0415 - only when the command runs
        SELF_TRIALS,
        self_comparison_of,
    )

    job, prompt_id = stored.job, stored.job.prompt.id
    if stored.changed or len(job.cases) != len(job.suite.cases):
        what = (
            f"its {' and '.join(stored.changed)} changed since" if stored.changed else "it has only part of the cases"
        )
        message = f"the run cannot be the baseline: {what}."
        raise RefusedError(message, where=stored.record.name, hint=f"Run it as it is now: llmops eval {prompt_id}")
    warns = without_licence(workspace.catalog, job.suite)
    summary = summary_of(stored, trials_to_show=0)
    run = measured_run_of(workspace, job, stored.record, summary, only_warn=warns, whole=True)
    if flipped := sorted(run.flipped.keys() - warns):
        message = f"the run cannot be the baseline: the judge of {', '.join(flipped)} got its canaries wrong."
        raise RefusedError(message, where=stored.record.name, hint="See what is wrong with it: llmops judge check")
    # with as many trials as an A/A run has, what the suite's own noise does to the gate is kept beside them
    enough = min(map(len, run.passed.values()), default=0) >= SELF_TRIALS
    baseline = Baseline(
        run=run,
        self_comparison=self_comparison_of(run.passed, job.suite.gate) if enough else None,
        acceptance=Acceptance(at=datetime.now(UTC), by=_who(workspace), commit=_commit(workspace), why=why),
        tool_version=__version__,
    )
    loaded = load_committed(workspace.tree, workspace.settings, prompt_id)
    folder = baseline_path_of(workspace.settings, prompt_id).rpartition("/")[0]
    return plan_accept(baseline, loaded.baseline if loaded else None, folder=folder)


def _who(workspace: Workspace) -> str:
    environ = workspace.invocation.environ
    named = environ.get("GIT_AUTHOR_NAME") or environ.get("GITHUB_ACTOR")
    named = named or (workspace.repository.author() if workspace.place.in_git else None)
    try:
        return named or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"


def _commit(workspace: Workspace) -> str:
    return (workspace.repository.head() or "") if workspace.place.in_git else ""


def _problems(workspace: Workspace, prompt_id: str) -> tuple[str, ...]:
    from llmops_cli.commands._judge_licences import without_licence  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._scores import load_committed  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.baselines.baseline import stale_reasons  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.compare.comparability import compare_yardsticks  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.comparing.measured_run import yardstick_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.job import EvalJob  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

    loaded = load_committed(workspace.tree, workspace.settings, prompt_id)
    if loaded is None:
        return ("there is no baseline",)
    if loaded.baseline is None:
        return tuple(finding.message for finding in loaded.findings)
    prompt = workspace.catalog.prompt(prompt_id)
    suite = usable_suite(workspace.catalog, prompt_id, KNOWN_METRICS)
    job = EvalJob(prompt=prompt, suite=suite, model=prompt.model, cases=suite.cases)
    # what only warns is compared with nothing, so a baseline may lack it
    warns = without_licence(workspace.catalog, suite)
    then, now = (yardstick.without(warns) for yardstick in (loaded.baseline.run.yardstick, yardstick_of(job, {}, {})))
    stale = stale_reasons(loaded.baseline, now=datetime.now(UTC))
    return (*stale, *compare_yardsticks(then, now).sentences())
