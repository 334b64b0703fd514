"""A committed answer is edited: the prompt would be judged by words that no model said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import FileChange
from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard.context import shown
from llmops_cli.gateway.recording_file import recording_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext
    from llmops_cli.ci.sides import Sides
    from llmops_cli.gateway.recording_file import RecordingKey

KIND = "recording"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the recordings by request and trial; answers to new requests are information."""
    sides = context.sides
    folders = tuple({f"{catalog.settings.paths.evals}/recordings/" for catalog in (sides.base, sides.head)})
    for path, change in sides.files.items():
        if not path.startswith(folders):
            continue
        before = recorded_lines(sides, path, at_head=False) if change is not FileChange.ADDED else []
        after = recorded_lines(sides, path, at_head=True) if change is not FileChange.REMOVED else []
        yield from _differences(path, before, after)


def recorded_lines(sides: Sides, path: str, *, at_head: bool) -> list[bytes]:
    """Return the lines of a file of recordings as their reader takes them; none where it is not there."""
    catalog = sides.head if at_head else sides.base
    try:
        # a text may hold other characters that end a line elsewhere
        return catalog.tree.read(path).split(b"\n")
    except FileNotFoundError:
        return []


def _differences(path: str, before: list[bytes], after: list[bytes]) -> Iterator[GateChange]:
    same = set(before) & set(after)
    old = {key: line for line in before if (key := recording_key(line)) is not None}
    new = list(_keyed(after, same))
    for key, number, line in new:
        if key in old:
            yield GateChange(
                kind=KIND,
                path=path,
                line=number,
                loosens=True,
                message=f"the recorded answer to request {key[0][7:19]}, trial {key[1] + 1}, is edited.",
                base_value=shown(_answer(old[key])),
                head_value=shown(_answer(line)),
            )
    added = [number for key, number, _ in new if key not in old]
    if added:
        message = (
            f"{len(added)} recorded answer{'' if len(added) == 1 else 's'} added: this change says what the model said."
        )
        yield GateChange(kind=KIND, path=path, line=added[0], loosens=False, message=message)
    removed = old.keys() - {key for line in after if (key := recording_key(line)) is not None}
    if removed:
        message = f"{len(removed)} recorded answer{'' if len(removed) == 1 else 's'} removed."
        yield GateChange(kind=KIND, path=path, line=1, loosens=False, message=message)


def _keyed(lines: list[bytes], same: set[bytes]) -> Iterator[tuple[RecordingKey, int, bytes]]:
    for number, line in enumerate(lines, 1):
        if line not in same and (key := recording_key(line)) is not None:
            yield key, number, line


def _answer(line: bytes) -> object:
    try:
        response = json.loads(line).get("response")
    except (ValueError, RecursionError):
        return line.decode("utf-8", "replace")
    return response.get("text", "") if isinstance(response, dict) else ""
