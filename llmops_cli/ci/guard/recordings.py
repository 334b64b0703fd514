"""A committed answer is edited: the prompt would be judged by words that no model said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import FileChange
from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard.context import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

    Key = tuple[str, int]

KIND = "recording"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the recordings by request and trial; answers to new requests are information."""
    base, head = context.sides.base, context.sides.head
    folders = tuple({f"{catalog.settings.paths.evals}/recordings/" for catalog in (base, head)})
    for path, change in context.sides.files.items():
        if not path.startswith(folders):
            continue
        before = context.text(base, path).splitlines() if change is not FileChange.ADDED else []
        after = context.text(head, path).splitlines() if change is not FileChange.REMOVED else []
        yield from _differences(path, before, after)


def _differences(path: str, before: list[str], after: list[str]) -> Iterator[GateChange]:
    same = set(before) & set(after)
    old = {key: line for line in before if line not in same for key in _key(line)}
    new = {key: (number, line) for number, line in enumerate(after, 1) if line not in same for key in _key(line)}
    for key, (number, line) in new.items():
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
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    if added:
        first = min(new[key][0] for key in added)
        message = (
            f"{len(added)} recorded answer{'' if len(added) == 1 else 's'} added: this change says what the model said."
        )
        yield GateChange(kind=KIND, path=path, line=first, loosens=False, message=message)
    if removed:
        message = f"{len(removed)} recorded answer{'' if len(removed) == 1 else 's'} removed."
        yield GateChange(kind=KIND, path=path, line=1, loosens=False, message=message)


def _key(line: str) -> Iterator[Key]:
    try:
        document = json.loads(line)
        yield str(document["digest"]), int(document["trial"])
    except (ValueError, KeyError, TypeError):
        return


def _answer(line: str) -> object:
    document = json.loads(line)
    response = document.get("response")
    return response.get("text", "") if isinstance(response, dict) else ""
