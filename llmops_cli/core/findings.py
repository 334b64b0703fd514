"""A finding: one problem in one file, with the place, the rule and the next step, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error makes the file invalid, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text file; line and column count from 1, columns in characters."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem of one file.

    `path` is relative to the repository, with forward slashes. `rule` is the name that
    `llmops rules show` explains. `message` may quote untrusted text; whoever shows it escapes it
    (`core.safe_text`). `hint` is a full sentence that says what to do next, or empty.
    `related` names other places that belong to the problem (the first of two duplicates).
    """

    path: str
    position: Position = Position()
    severity: Severity = Severity.ERROR
    rule: str
    message: str
    hint: str = ""
    related: tuple[tuple[str, Position], ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the file is invalid because of this finding."""
        return self.severity is Severity.ERROR

    def sort_key(self) -> tuple[str, Position, str, str]:
        """Order findings as a reader walks the files."""
        return (self.path, self.position, self.rule, self.message)
