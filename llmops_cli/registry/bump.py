"""The next version of a prompt: the number in its file, and nothing else in it.

The version rule: a prompt whose digest differs from the base revision's takes 1 + the highest version that
its id ever had there; one whose digest is the same keeps its version.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError, RefusedError, SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.findings import Position
    from llmops_cli.core.prompts import Prompt

# a whole number as YAML 1.2 writes them
_NUMBER = re.compile(rb"\+?(?:0o[0-7]+|0x[0-9a-fA-F]+|[0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpStep:
    """One edit: the bytes `old_text` at `start` in `path`, which say `old_version`, come to say `new_version`."""

    path: str
    prompt_id: str
    old_version: int
    new_version: int
    start: int
    old_text: bytes

    def sentence(self) -> str:
        """Say the step to a person."""
        return f"{self.path}: version {self.old_version} → {self.new_version} ({self.prompt_id}-v{self.new_version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpPlan:
    """What `apply_bump` will do; no steps when the version is right already, and `reason` says why."""

    steps: tuple[BumpStep, ...]
    reason: str


def plan_bump(
    prompt: Prompt, data: bytes, place: Position, *, base: Prompt | None, base_versions: Mapping[int, str]
) -> BumpPlan:
    """Plan the edit that the version rule asks for.

    `data` are the bytes of the prompt's file and `place` is where the value of its `version` stands
    (`document.position_of("version")`). `base` is the prompt in the base revision, and `base_versions` are
    the versions in that revision's history with their digests.

    Raises:
        RefusedError: when nothing that reaches the model or a caller has changed.
        InvalidFileError: when the number is not where the parser saw it.
    """
    if base is not None and base.digest() == prompt.digest():
        if base.version == prompt.version:
            message = f"{prompt.identifier} says exactly what the base says; a new version would be the same prompt."
            raise RefusedError(message, where=prompt.path, hint="Change the prompt first. Comments need no version.")
        wanted, reason = base.version, "it says exactly what the base says"
    else:
        wanted = 1 + max((*base_versions, base.version if base else 0))
        reason = f"the highest version in the base's history is {wanted - 1}" if wanted > 1 else "the id is new"
    if prompt.version == wanted:
        return BumpPlan(steps=(), reason=f"{prompt.identifier} is right already: {reason}.")
    start, old_text = _number_at(data, place, prompt)
    step = BumpStep(
        path=prompt.path,
        prompt_id=prompt.id,
        old_version=prompt.version,
        new_version=wanted,
        start=start,
        old_text=old_text,
    )
    return BumpPlan(steps=(step,), reason=f"{reason}.")


def _number_at(data: bytes, place: Position, prompt: Prompt) -> tuple[int, bytes]:
    lines = data.split(b"\n")
    mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    line = lines[place.line - 1][mark if place.line == 1 else 0 :] if place.line <= len(lines) else b""
    before = len(line.decode("utf-8", "replace")[: place.column - 1].encode("utf-8"))
    start = sum(len(earlier) + 1 for earlier in lines[: place.line - 1]) + before + (mark if place.line == 1 else 0)
    number = _NUMBER.match(data, start)
    if number is None or _value(number.group().decode("ascii")) != prompt.version:
        where = f"{prompt.path}:{place.line}:{place.column}"
        message = "the version is not a plain number here."
        raise InvalidFileError(message, where=where, hint="Write it as version: 1")
    return start, number.group()


def _value(number: str) -> int:
    return int(number, 0) if "x" in number or "o" in number else int(number)  # base 0 refuses leading zeros


def apply_bump(plan: BumpPlan, root: Path) -> tuple[str, ...]:
    """Edit the files below `root` and return the paths of those that changed.

    Each file is replaced as a whole (written beside, flushed, renamed), with its mode kept. Applying a
    plan twice changes nothing the second time.

    Raises:
        RefusedError: when a file was edited since the plan was made.
        SetupError: when a file cannot be written.
    """
    return tuple(step.path for step in plan.steps if _apply(step, root / step.path))


def _apply(step: BumpStep, path: Path) -> bool:
    data = path.read_bytes()
    new = str(step.new_version).encode("ascii")
    if data[step.start : step.start + len(new)] == new and not data[step.start + len(new) :][:1].isdigit():
        return False
    end = step.start + len(step.old_text)
    if data[step.start : end] != step.old_text or data[end : end + 1].isalnum():
        message = "the file was edited in the meantime."
        raise RefusedError(message, where=step.path, hint="Run llmops bump again.")
    try:
        replace_file(path, data[: step.start] + new + data[end:])
    except OSError as error:
        message = f"the file cannot be written: {error.strerror}."
        raise SetupError(message, where=step.path) from None
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file's content so that a reader, or a crash, sees the old or the new one, never a part."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself is durable only with its folder
    finally:
        os.close(folder)
