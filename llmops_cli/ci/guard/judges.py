"""What judges: rubrics, the judges of the project file, and the calibrations that license them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import FileChange
from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown
from llmops_cli.ci.guard.line_changes import line_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext
    from llmops_cli.registry.catalog import Catalog

KIND = "judge"
FOLDERS = ("rubrics", "calibration")
LABELS = "labels"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find rubrics and calibrations that differ, and judges that are another model or ask in another way."""
    sides = context.sides
    for path, change in sides.files.items():
        if is_of_judges(context, path):
            yield from _file(context, path, change)
        elif path.startswith(
            tuple(f"{catalog.settings.paths.evals}/{LABELS}/" for catalog in (sides.base, sides.head))
        ):
            yield from _labels(context, path)
    before, after = sides.base.settings.judges, sides.head.settings.judges
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            side = Side.HEAD if name in after else Side.BASE
            document = context.projects[side is Side.HEAD]
            word = "added" if name not in before else "changed" if name in after else "removed"
            yield GateChange(
                kind=KIND,
                path=document.path,
                line=document.position_of("judges", name).line,
                side=side,
                loosens=name in before,
                message=f"judge '{name}' is {word}.",
                base_value=shown(asdict(before[name])) if name in before else "",
                head_value=shown(asdict(after[name])) if name in after else "(removed)",
            )


def is_of_judges(context: GuardContext, path: str) -> bool:
    """Tell whether a file holds a rubric or a calibration, at the base or at the head."""
    return any(path.startswith(f"{folder}/") for folder in _folders(context))


def _folders(context: GuardContext) -> Iterator[str]:
    for catalog in (context.sides.base, context.sides.head):
        yield from (f"{catalog.settings.paths.evals}/{folder}" for folder in FOLDERS)


def _file(context: GuardContext, path: str, change: FileChange) -> Iterator[GateChange]:
    if change is FileChange.ADDED:
        yield GateChange(
            kind=KIND, path=path, line=1, loosens=False, message="a file that judges are asked with is added."
        )
        return
    base, head = context.sides.base, context.sides.head
    if change is FileChange.CHANGED and (digest := _digest(base, path)) and digest == _digest(head, path):
        yield GateChange(kind=KIND, path=path, line=1, loosens=False, message="the file changed, what it asks did not.")
        return
    yield from line_changes(context, path, kind=KIND, what="what judges are asked or measured with")


def _labels(context: GuardContext, path: str) -> Iterator[GateChange]:
    """Compare the labels of people line by line: they say when a judge is right, and are only ever added to."""
    before, after = (_lines(side, path) for side in (context.sides.base, context.sides.head))
    known, kept = set(before), set(after)
    gone = [number for number, line in enumerate(before, 1) if line not in kept]
    added = [number for number, line in enumerate(after, 1) if line not in known]
    if gone:
        message = f"{len(gone)} label{'' if len(gone) == 1 else 's'} that judges are measured with edited or removed."
        yield GateChange(kind=KIND, path=path, line=gone[0], side=Side.BASE, loosens=True, message=message)
    if added:
        message = f"{len(added)} label{'' if len(added) == 1 else 's'} added."
        yield GateChange(kind=KIND, path=path, line=added[0], loosens=False, message=message)


def _lines(catalog: Catalog, path: str) -> list[bytes]:
    try:
        return [line for line in catalog.tree.read(path).split(b"\n") if line.strip()]
    except FileNotFoundError:
        return []


def _digest(catalog: Catalog, path: str) -> str:
    """Return the digest of what a rubric asks; empty for anything else."""
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415 - loads PyYAML
    from llmops_cli.registry.rubric_file import parse_rubric  # noqa: PLC0415

    if "/rubrics/" not in path:
        return ""
    try:
        rubric = parse_rubric(parse_yaml_document(catalog.tree.read(path), path)).rubric
    except FileNotFoundError:
        return ""
    # the canaries are no part of a judgement, but they are what notices a judge that is attacked
    return f"{rubric.digest()} {rubric.canaries}" if rubric else ""
