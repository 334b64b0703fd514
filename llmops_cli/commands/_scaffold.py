"""Files that `init` and `new` put into a repository: planned first, shown, then written; never over anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError, SetupError
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class StepKind(StrEnum):
    """What happens to one file."""

    CREATE = "create"
    ADD = "add to"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaffoldStep:
    """One file: its path, what happens to it, and the text that is written."""

    kind: StepKind
    path: str
    text: str

    def sentence(self) -> str:
        """Return the step as people read it."""
        reason = "  (already there)" if self.kind is StepKind.KEEP else ""
        return f"{self.kind.value:<7} {safe_text(self.path, one_line=True)}{reason}"


def plan_scaffold(root: Path, files: Mapping[str, str], *, added_lines: Mapping[str, str]) -> tuple[ScaffoldStep, ...]:
    """Return the steps that would put `files` and `added_lines` (path → one line) below `root`."""
    steps = [
        ScaffoldStep(kind=StepKind.KEEP if _exists(root / path) else StepKind.CREATE, path=path, text=text)
        for path, text in files.items()
    ]
    for path, line in added_lines.items():
        present = _text_of(root / path)
        if line in present.splitlines():
            kind, text = StepKind.KEEP, ""
        else:
            gap = "\n" if present and not present.endswith("\n") else ""
            kind, text = (StepKind.ADD if _exists(root / path) else StepKind.CREATE), f"{gap}{line}\n"
        steps.append(ScaffoldStep(kind=kind, path=path, text=text))
    return tuple(steps)


def apply_scaffold(root: Path, steps: Sequence[ScaffoldStep]) -> None:
    """Write the files; running it twice, or after it was killed, changes nothing that is there.

    Raises:
        RefusedError: when a folder on the way is a link that leads out of the repository.
        SetupError: when a file cannot be written.
    """
    for step in steps:
        if step.kind is not StepKind.KEEP:
            _write(root, step)


def _write(root: Path, step: ScaffoldStep) -> None:
    target = root / step.path
    if not target.parent.resolve().is_relative_to(root.resolve()) or target.is_symlink():
        message = "the path leads out of the repository."
        raise RefusedError(message, where=step.path, hint="Remove the symbolic link on the way.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if step.kind is StepKind.ADD:
            with target.open("a", encoding="utf-8", newline="\n") as file:
                file.write(step.text)
            return
        scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        scratch.write_text(step.text, encoding="utf-8", newline="\n")
        scratch.replace(target)
    except OSError as error:
        message = f"cannot write the file: {error.strerror or type(error).__name__}."
        raise SetupError(message, where=step.path) from error


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
