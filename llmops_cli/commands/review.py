"""`llmops review`: a person labels outputs by a rubric, in the terminal or a spreadsheet, blind to any judge."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError, SetupError, UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.registry.suites import usable_suite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.commands._rubrics import RubricFiles
    from llmops_cli.evals.judges.form import Question
    from llmops_cli.evals.review.labels import Label
    from llmops_cli.evals.review.queue import ToLabel
    from llmops_cli.evals.review.session import Desk

LONGEST_SHOWN = 4000


def review(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="PROMPT|RUBRIC", help="A rubric, or a prompt with one.", show_default=False)
    ],
    *,
    size: Annotated[int, typer.Option("--sample", metavar="N", min=1, help="Outputs in the random sample.")] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed is another sample.")] = 0,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who labels; you if not given.", show_default=False)
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write the sample as CSV instead.", show_default=False),
    ] = None,
    import_from: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Read a filled CSV instead.", show_default=False),
    ] = None,
) -> ExitCode:
    """Label outputs of the newest runs by a rubric: the ground that judges are measured on.

    A random sample, always the same for a seed; each label is kept as it is given, and the same command goes on from
    there. What a judge said of an output is not shown.
    """
    workspace = workspace_of(ctx)
    files = _rubric(workspace, name)
    person = by or _who(workspace)
    if export is not None and import_from is not None:
        message = "--export and --import exclude each other."
        raise UsageError(message)
    outputs = _outputs(workspace, files)
    if import_from is not None:
        return _import(workspace, files, outputs, workspace.invocation.path(import_from), person)
    waiting = _waiting(workspace, files, outputs, person, size=size, seed=seed)
    if export is not None:
        return _export(workspace, files, waiting, workspace.invocation.path(export))
    return _ask(workspace, files, waiting, person)


def _rubric(workspace: Workspace, name: str) -> "RubricFiles":
    """Return the rubric of that name, else the first one that the prompt's suite names."""
    from llmops_cli.commands._rubrics import rubric_files, rubric_names  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

    catalog = workspace.catalog
    if name in rubric_names(catalog) or catalog.path_of(name) is None:
        return rubric_files(catalog, name)
    for path in usable_suite(catalog, name, KNOWN_METRICS).rubrics:
        return rubric_files(catalog, path.rpartition("/")[2].rpartition(".")[0])
    message = f"the suite of '{name}' names no rubric."
    raise UsageError(message, hint="Name the rubric: llmops review RUBRIC")


def _outputs(workspace: Workspace, files: "RubricFiles") -> "list[ToLabel]":
    """Return the outputs of the newest run of every prompt whose suite names the rubric."""
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._rubrics import suites_with  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.review.queue import outputs_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs

    suites = {suite.prompt_id: suite for suite in suites_with(workspace, files)}
    if not suites:
        message = f"no suite names the rubric '{files.rubric.id}'."
        hint = f"Add to a suite: - {{metric: judge, rubric: rubrics/{files.rubric.id}.yaml}}"
        raise NothingMatchedError(message, hint=hint)
    found: dict[str, ToLabel] = {}
    seen: set[str] = set()
    for record in run_folders(workspace.root).records():
        prompt = str(record.header["prompt"])
        if prompt in suites and prompt not in seen:
            seen.add(prompt)
            for item in outputs_of(suites[prompt].cases, read_entries(record.journal), record.name):
                found.setdefault(item.id, item)
    if not found:
        message = f"there is no run of {', '.join(suites)} to take outputs from."
        raise NothingMatchedError(message, hint=f"Make one: llmops eval {next(iter(suites))}")
    return list(found.values())


def _waiting(
    workspace: Workspace, files: "RubricFiles", outputs: "list[ToLabel]", person: str, *, size: int, seed: int
) -> "list[ToLabel]":
    from llmops_cli.commands._rubrics import read_labels  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.review.queue import sample  # noqa: PLC0415 - only when the command runs

    return sample(outputs, read_labels(workspace.catalog, files), by=person, size=size, seed=seed)


def _ask(workspace: Workspace, files: "RubricFiles", waiting: "list[ToLabel]", person: str) -> ExitCode:
    from llmops_cli.evals.review.session import review as run_session  # noqa: PLC0415 - only when the command runs

    console = workspace.console
    if not waiting:
        console.note("Everything in this sample is labelled. A larger one: --sample N")
        console.note(f"\nNext: llmops judge calibrate {files.rubric.id}")
        return ExitCode.PASS
    given = run_session(waiting, files.form, _desk(workspace, files), by=person)
    left = len(waiting) - given
    console.note(f"\n{given} labels kept in {files.labels_path}, {left} left in this sample.")
    next_step = f"llmops review {files.rubric.id}" if left else f"llmops judge calibrate {files.rubric.id}"
    console.note(f"\nNext: {next_step}")
    return ExitCode.PASS


def _desk(workspace: Workspace, files: "RubricFiles") -> "Desk":
    from llmops_cli.core.safe_text import safe_text, shortened  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.review.session import Desk  # noqa: PLC0415 - only when the command runs

    console = workspace.console
    path = workspace.root / files.labels_path

    def show(item: "ToLabel", number: int, total: int) -> None:
        material = item.material
        parts = [f"\n── {number} of {total} " + "─" * 50]
        for title, text in (("INPUT", material.input), ("EXPECTED", material.expected), ("OUTPUT", material.output)):
            if text or title == "OUTPUT":
                parts.append(f"{title}\n{safe_text(shortened(text, LONGEST_SHOWN)) or '(nothing)'}\n")
        console.payload("\n".join(parts))

    def ask(question: "Question", keys: "Mapping[str, str]") -> str | None:
        offered = "  ".join(f"[{key}] {safe_text(option, one_line=True)}" for key, option in keys.items())
        console.note(f"{safe_text(question.text, one_line=True)}\n{offered}  [s]kip [b]ack [q]uit")
        line = sys.stdin.readline()
        return line or None

    return Desk(
        show=show,
        ask=ask,
        keep=lambda label: _append(path, [label]),
        drop=lambda label: _drop_last(path, label),
        now=lambda: datetime.now(UTC).replace(microsecond=0),
    )


def _export(workspace: Workspace, files: "RubricFiles", waiting: "list[ToLabel]", path: Path) -> ExitCode:
    from llmops_cli.evals.review.label_sheet import sheet  # noqa: PLC0415 - only when the command runs

    try:
        path.write_text(sheet(waiting, files.form), encoding="utf-8")
    except OSError as error:
        message = f"the sheet cannot be written: {error.strerror}."
        raise SetupError(message, where=str(path)) from error
    workspace.console.note(f"wrote {path}: {len(waiting)} outputs. Fill the columns of the questions.")
    workspace.console.note(f"\nNext: llmops review {files.rubric.id} --import {path}")
    return ExitCode.PASS


def _import(workspace: Workspace, files: "RubricFiles", outputs: "list[ToLabel]", path: Path, person: str) -> ExitCode:
    from llmops_cli.evals.review.label_sheet import labels_from_sheet  # noqa: PLC0415 - only when the command runs

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        message = f"the sheet cannot be read: {error.strerror}."
        raise UsageError(message, where=str(path)) from error
    now = datetime.now(UTC).replace(microsecond=0)
    labels = labels_from_sheet(text, outputs, files.form, by=person, at=now, path=str(path))
    _append(workspace.root / files.labels_path, labels)
    workspace.console.note(f"{len(labels)} labels kept in {files.labels_path}.")
    workspace.console.note(f"\nNext: llmops judge calibrate {files.rubric.id}")
    return ExitCode.PASS


def _append(path: Path, labels: "list[Label] | tuple[Label, ...]") -> None:
    from llmops_cli.evals.review.labels import label_line  # noqa: PLC0415 - only when the command runs

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(map(label_line, labels))


def _drop_last(path: Path, label: "Label") -> None:
    """Take the last line back, if it is this label's."""
    from llmops_cli.evals.review.labels import label_line  # noqa: PLC0415 - only when the command runs

    text, line = path.read_text(encoding="utf-8"), label_line(label)
    if text.endswith(line):
        path.write_text(text.removesuffix(line), encoding="utf-8")


def _who(workspace: Workspace) -> str:
    environ = workspace.invocation.environ
    try:
        return environ.get("GIT_AUTHOR_NAME") or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"
