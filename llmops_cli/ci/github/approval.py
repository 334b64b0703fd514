"""Approval of a loosened gate by a label whose name holds the digest of exactly what it approves.

A label outlives the commit that it was put on, and a later push could loosen something else. So the label's
name is made of the listed changes and of the files they stand in: whatever else is loosened needs another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of, digest_of_bytes, short_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.github.api import LabelEvent
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.tree import FileTree

PREFIX = "llmops-approved-"


def approval_label(held: Sequence[GateChange], head: FileTree) -> str:
    """Return the label that approves these changes in these files, and nothing else."""
    listed: list[JsonValue] = [
        {"change": {k: v for k, v in change.as_json().items() if k != "line"}, "file": _digest(head, change.path)}
        for change in held
    ]
    return PREFIX + short_digest(digest_of(listed))


def approver(events: Iterable[LabelEvent], label: str, *, author: str) -> str:
    """Return who put the label on, or nothing: it is not on, or the author of the change put it there."""
    actor = ""
    for event in events:
        if event.label == label:
            actor = event.actor if event.added else ""
    return "" if not author or actor.casefold() == author.casefold() else actor


def _digest(head: FileTree, path: str) -> str:
    try:
        return digest_of_bytes(head.read(path))
    except FileNotFoundError:
        return ""
