"""A rubric by its id, with its labels and calibration, for the commands about judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.suites import load_suite_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.judges.calibration import Calibration
    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.review.labels import Label
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.rubric_file import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricFiles:
    """A rubric and where its labels and its calibration are; both paths relative to the repository."""

    rubric: Rubric
    form: Form
    labels_path: str
    calibration_path: str


def rubric_files(catalog: Catalog, name: str) -> RubricFiles:
    """Return a rubric by its id.

    Raises:
        UsageError: when there is none of that name.
        InvalidFileError: when it has errors.
    """
    from llmops_cli.commands._judges import find_rubric  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.form import form_of  # noqa: PLC0415 - only when the command runs

    evals = catalog.settings.paths.evals
    names = rubric_names(catalog)
    if name not in names:
        message = f"there is no rubric '{name}'."
        raise UsageError(message, hint=did_you_mean(name, names) or f"Write one: {evals}/rubrics/{name}.yaml")
    rubric = find_rubric(catalog, f"rubrics/{names[name]}", f"{evals}/suite.yaml")
    return RubricFiles(
        rubric=rubric,
        form=form_of(rubric),
        labels_path=f"{evals}/labels/{name}.jsonl",
        calibration_path=f"{evals}/calibration/{name}.json",
    )


def rubric_names(catalog: Catalog) -> dict[str, str]:
    """Return the file names of all rubrics by their ids."""
    files = [path.rpartition("/")[2] for path in catalog.rubric_paths()]
    return {file.rpartition(".")[0]: file for file in files}


def read_labels(catalog: Catalog, files: RubricFiles) -> tuple[Label, ...]:
    """Return all labels of a rubric, none where there is no file yet."""
    from llmops_cli.evals.review.labels import parse_labels  # noqa: PLC0415 - only when the command runs

    try:
        return parse_labels(catalog.tree.read(files.labels_path), files.form, files.labels_path)
    except FileNotFoundError:
        return ()


def read_calibration(catalog: Catalog, files: RubricFiles) -> Calibration | None:
    """Return the committed calibration, None where there is none."""
    from llmops_cli.evals.judges.calibration_file import parse_calibration  # noqa: PLC0415 - only when the command runs

    try:
        return parse_calibration(catalog.tree.read(files.calibration_path), files.calibration_path)
    except FileNotFoundError:
        return None


def suites_with(workspace: Workspace, files: RubricFiles) -> Iterator[Suite]:
    """Yield the suites whose metrics name the rubric."""
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

    catalog = workspace.catalog
    for path in catalog.suite_paths():
        suite = load_suite_path(catalog, path, KNOWN_METRICS).suite
        if suite is not None and any(f"rubrics/{files.rubric.id}." in name for name in suite.rubrics):
            yield suite


def write_whole(root: Path, path: str, data: bytes) -> None:
    """Write a file of the repository, whole or not at all."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(data)
    part.replace(target)
