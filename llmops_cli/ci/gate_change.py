"""One change of a gate: what decides about prompts is not what it was at the base."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject


class Side(StrEnum):
    """Which of the two revisions a place is in."""

    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """A change of what measures or decides.

    `kind` is the name of the part of `ci.guard` that found it. `loosens` tells what holds the check (a removed
    case, a lower threshold, any edit that cannot be told to be harmless) from what is only worth knowing (an
    added case). `path` and `line` name the place at the head, or, for what is gone, at the base (`side`).
    Values are shown as text, cut; they and the message may quote untrusted text, so whoever shows them
    escapes them. `prompt_id` is empty where more than one prompt is concerned.
    """

    kind: str
    path: str
    line: int
    loosens: bool
    message: str
    side: Side = Side.HEAD
    base_value: str = ""
    head_value: str = ""
    prompt_id: str = ""

    def sort_key(self) -> tuple[bool, str, int, str, str]:
        """Order as a reader walks the files, what holds the check first."""
        return (not self.loosens, self.path, self.line, self.kind, self.message)

    def as_json(self) -> JsonObject:
        """Return the change for machines."""
        return {
            "base": self.base_value,
            "head": self.head_value,
            "kind": self.kind,
            "line": self.line,
            "loosens": self.loosens,
            "message": self.message,
            "path": self.path,
            "prompt": self.prompt_id,
            "side": self.side.value,
        }
