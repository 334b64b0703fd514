"""`llmops judge calibrate|check|attack`: what a judge is worth, and whether it still is."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from llmops_cli.commands._rubrics import RubricFiles
    from llmops_cli.evals.judges.calibration import Calibration
    from llmops_cli.evals.judges.coherence import CoherenceCheck
    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.judges.licence import Drift, Licence
    from llmops_cli.evals.review.labels import Label

RubricName = Annotated[str, typer.Argument(metavar="RUBRIC", help="The id of a rubric.", show_default=False)]
RubricNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RUBRIC]...", help="Ids of rubrics; all when none is given.", show_default=False),
]
JudgeName = Annotated[
    str | None,
    typer.Option("--judge", metavar="MODEL", help="Another judge than the rubric names.", show_default=False),
]
Least = Annotated[
    float, typer.Option("--min", metavar="SCORE", min=0.01, max=1, help="The score that passes, as in the suite.")
]


def calibrate_judge(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    rubric: RubricName,
    *,
    judge: JudgeName = None,
    least: Least = 0.5,
    rescores: Annotated[int, typer.Option("--rescores", metavar="N", min=0, max=10, help="Repeats per label.")] = 3,
    checks: Annotated[
        int, typer.Option("--checks", metavar="N", min=1, max=100, help="Texts per check of coherence.")
    ] = 20,
    pairwise: Annotated[
        bool, typer.Option("--pairwise", help="Also test it as a judge that compares: order, identity, cycles.")
    ] = False,
) -> ExitCode:
    """Measure a judge against human labels and against itself; write its calibration.

    Commit the file: a gate lets a judge block only while it is good enough, fits, and is fresh. Ends with 0 when the
    judge earns its licence, 10 when it may only warn.
    """
    workspace = workspace_of(ctx)
    return asyncio.run(_calibrate(workspace, rubric, judge, least, rescores, checks, pairwise=pairwise))


def check_judges(ctx: typer.Context, rubrics: RubricNames = None, *, judge: JudgeName = None) -> ExitCode:
    """Tell whether judges may block: calibration, age, and the anchors and canaries judged again now.

    Ends with 0 when every judge is calibrated, 5 when one has drifted or a canary flipped, 7 when one is uncalibrated
    or stale.
    """
    return asyncio.run(_check(workspace_of(ctx), tuple(rubrics or ()), judge))


def attack_judge(
    ctx: typer.Context,
    rubric: RubricName,
    *,
    judge: JudgeName = None,
    least: Least = 0.5,
    texts: Annotated[int, typer.Option("--texts", metavar="N", min=1, help="Bad outputs that are dressed up.")] = 20,
) -> ExitCode:
    """Dress up outputs that people failed in every known attack, and count what gets past the judge.

    Ends with 0 when nothing gets past, 1 when something does.
    """
    return asyncio.run(_attack(workspace_of(ctx), rubric, judge, least, texts))


async def _calibrate(  # noqa: PLR0913 - the options of the command
    workspace: Workspace, name: str, judge_name: str | None, least: float, rescores: int, checks: int, *, pairwise: bool
) -> ExitCode:
    from llmops_cli.commands._progress import ProgressLine  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._rubrics import rubric_files, write_whole  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.calibration import calibrate, judge_labels  # noqa: PLC0415 - as above
    from llmops_cli.evals.judges.calibration_file import calibration_bytes  # noqa: PLC0415 - as above
    from llmops_cli.evals.judges.licence import judge_licence  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.judge_report import calibration_text  # noqa: PLC0415 - only when the command runs

    files = rubric_files(workspace.catalog, name)
    labels = _labels(workspace, files)
    line = ProgressLine(workspace.console)
    async for judge in _open_judge(workspace, files, judge_name):
        judged = await judge_labels(
            judge,
            files.form,
            labels,
            rescores=rescores,
            tell=lambda done, total: line.show(done, total, lambda: f"{name}: {done} of {total} verdicts"),
        )
        line.clear()
        coherence = await _coherence(judge, files, labels, least, checks, pairwise=pairwise)
        calibration = calibrate(
            judged.items,
            files.form,
            judge,
            rubric=(files.rubric.id, files.rubric.digest()),
            least=least,
            coherence=coherence,
            unlabelled=_elsewhere(workspace, files, judge, labels, least),
            at=datetime.now(UTC).replace(microsecond=0),
        )
        licence = judge_licence(
            calibration,
            rubric_digest=files.rubric.digest(),
            judge=judge.settings.as_json(),
            now=datetime.now(UTC),
            pairwise=pairwise,
        )
        write_whole(workspace.root, files.calibration_path, calibration_bytes(calibration))
        console = workspace.console
        console.payload(calibration_text(calibration, licence, console.report_page))
        console.note(f"\nwrote {files.calibration_path}; {judged.effort.calls} calls for the labels")
        console.note(
            f"\nNext: git add {files.calibration_path}" if licence.may_block else f"\nNext: llmops review {name}"
        )
        return ExitCode.PASS if licence.may_block else ExitCode.INCONCLUSIVE
    return ExitCode.INCONCLUSIVE


async def _check(workspace: Workspace, names: tuple[str, ...], judge_name: str | None) -> ExitCode:
    from llmops_cli.commands._rubrics import read_calibration, rubric_files, rubric_names  # noqa: PLC0415 - as above
    from llmops_cli.reports.judge_report import licence_text  # noqa: PLC0415 - only when the command runs

    chosen = names or tuple(rubric_names(workspace.catalog))
    if not chosen:
        message = "there is no rubric."
        raise NothingMatchedError(message, hint=f"Write one: {workspace.settings.paths.evals}/rubrics/my-rubric.yaml")
    codes: list[ExitCode] = []
    for name in chosen:
        files = rubric_files(workspace.catalog, name)
        calibration = read_calibration(workspace.catalog, files)
        licence, flipped = await _licence_now(workspace, files, calibration, judge_name)
        console = workspace.console
        console.payload(licence_text(name, licence, console.report_page))
        if flipped:
            console.payload(f"  {flipped}")
        broken = flipped or not licence.valid
        codes.append(
            ExitCode.PROVIDER_FAILED if broken else ExitCode.PASS if licence.may_block else ExitCode.INCOMPARABLE
        )
    workspace.console.note("\nNext: llmops judge calibrate RUBRIC" if any(codes) else "\nNext: llmops gate")
    gravest = (ExitCode.PROVIDER_FAILED, ExitCode.INCOMPARABLE)
    return next((code for code in gravest if code in codes), ExitCode.PASS)


async def _licence_now(
    workspace: Workspace, files: "RubricFiles", calibration: "Calibration | None", judge_name: str | None
) -> "tuple[Licence, str]":
    from llmops_cli.evals.judges.canaries import canary_material, check_canaries  # noqa: PLC0415 - as above
    from llmops_cli.evals.judges.licence import judge_licence  # noqa: PLC0415 - only when the command runs

    async for judge in _open_judge(workspace, files, judge_name):
        now, digest, settings = datetime.now(UTC), files.rubric.digest(), judge.settings.as_json()
        licence = judge_licence(calibration, rubric_digest=digest, judge=settings, now=now)
        if calibration is None or licence.state.value == "stale":
            return licence, ""
        canaries = await check_canaries(
            files.rubric.canaries,
            lambda canary, index, judge=judge: judge.judge(  # type: ignore[misc]
                files.form, canary_material(canary), fresh=True, repeat=index
            ),
            least=calibration.least,
        )
        drift = await _drift(workspace, files, calibration, judge)
        return judge_licence(calibration, rubric_digest=digest, judge=settings, now=now, drift=drift), canaries.problem
    message = "the gateway did not open."
    raise UsageError(message)


async def _drift(workspace: Workspace, files: "RubricFiles", calibration: "Calibration", judge: "Judge") -> "Drift":
    from llmops_cli.evals.judges.calibration import judge_labels  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.licence import drift_of  # noqa: PLC0415 - only when the command runs

    judged = await judge_labels(judge, files.form, _labels(workspace, files), rescores=0)
    again = {
        item.label.id: (item.first.score >= calibration.least, item.first.answers)
        for item in judged.items
        if item.first is not None
    }
    return drift_of(calibration, again)


async def _attack(workspace: Workspace, name: str, judge_name: str | None, least: float, size: int) -> ExitCode:
    from llmops_cli.commands._rubrics import rubric_files  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.attacks import attack_judge as attack  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.judge_report import attacks_text  # noqa: PLC0415 - only when the command runs

    files = rubric_files(workspace.catalog, name)
    bad = [label.material for label in _labels(workspace, files) if label.score(files.form) < least][:size]
    if not bad:
        message = "no output is labelled as failing, so there is nothing to dress up."
        raise NothingMatchedError(message, where=files.labels_path, hint=f"Label some: llmops review {name}")
    async for judge in _open_judge(workspace, files, judge_name):
        failed, results = await attack(judge, files.form, bad, least=least)
        console = workspace.console
        console.payload(attacks_text(judge.settings.name, len(bad), failed, results, console.report_page))
        return ExitCode.GATE_FAILED if any(each.success.hits for each in results) else ExitCode.PASS
    return ExitCode.PASS


async def _open_judge(workspace: Workspace, files: "RubricFiles", judge_name: str | None) -> "AsyncIterator[Judge]":
    """Yield the judge of a rubric once, with a gateway that keeps nothing: every verdict is asked for now."""
    from llmops_cli.commands._eval_options import EvalOptions  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._gateway_settings import gateway_settings  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._judges import judge_ports  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.selection import Selection  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.assembly import open_gateway  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.gateway_settings import AnswerMode  # noqa: PLC0415 - only when the command runs

    options = EvalOptions(prompts=(), models=(), selection=Selection(), mode=AnswerMode.LIVE, use_cache=False)
    async with open_gateway(gateway_settings(workspace, options)) as gateway:
        suite_path = f"{workspace.settings.paths.evals}/suite.yaml"
        ports = judge_ports(workspace, gateway, AnswerMode.LIVE, suite_path=suite_path)
        yield ports.judge(judge_name, files.rubric.judge)


def _labels(workspace: Workspace, files: "RubricFiles") -> "tuple[Label, ...]":
    from llmops_cli.commands._rubrics import read_labels  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.review.labels import one_per_text  # noqa: PLC0415 - only when the command runs

    labels = one_per_text(read_labels(workspace.catalog, files))
    if not labels:
        message = f"nobody has labelled an output by '{files.rubric.id}'."
        raise NothingMatchedError(message, where=files.labels_path, hint=f"Label some: llmops review {files.rubric.id}")
    return labels


async def _coherence(
    judge: "Judge", files: "RubricFiles", labels: "tuple[Label, ...]", least: float, checks: int, *, pairwise: bool
) -> "tuple[CoherenceCheck, ...]":
    from llmops_cli.evals.judges.coherence import pairwise_checks, pointwise_checks  # noqa: PLC0415 - as above

    good = [label.material for label in labels if label.score(files.form) >= least][:checks]
    found = await pointwise_checks(judge, files.form, good)
    if not pairwise:
        return found
    groups: dict[str, list[Label]] = {}
    for label in labels:
        groups.setdefault(label.material.input, []).append(label)
    several = [[label.material for label in group] for group in groups.values() if len(group) > 1][:checks]
    return (*found, *await pairwise_checks(judge, files.form.criteria, several))


def _elsewhere(
    workspace: Workspace, files: "RubricFiles", judge: "Judge", labels: "tuple[Label, ...]", least: float
) -> list[float]:
    """Return the judge's passes and failures in the newest runs, by this rubric, of texts that nobody labelled."""
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._rubrics import suites_with  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs

    prompts = {suite.prompt_id for suite in suites_with(workspace, files)}
    outputs = {label.material.output for label in labels}
    found: list[float] = []
    seen: set[str] = set()
    for record in run_folders(workspace.root).records():
        prompt = str(record.header["prompt"])
        if prompt not in prompts or prompt in seen:
            continue
        seen.add(prompt)
        for entry in read_entries(record.journal):
            if entry.trial.completion is None or entry.trial.completion.text in outputs:
                continue
            for score in entry.trial.scores:
                about = score.details.get("judge")
                asked = isinstance(about, dict) and about.get("form") == files.form.digest()
                if asked and isinstance(about, dict) and about.get("model") == judge.settings.name:
                    found.append(float(score.value >= least))
    return found
