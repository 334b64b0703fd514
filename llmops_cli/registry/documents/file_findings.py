"""Collects the findings of one file while it is read, without letting one mistake fill the screen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from llmops_cli.registry.documents.document import Mark

MOST_OF_ONE_RULE = 20
"""A file with more problems of one kind (an alias bomb) gets the first ones and their number."""


class FileFindings:
    """The findings of the file at `path`, in the order of discovery."""

    def __init__(self, path: str) -> None:
        """Start with none."""
        self.path = path
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(
        self,
        rule: str,
        message: str,
        position: Position,
        *,
        hint: str = "",
        severity: Severity = Severity.ERROR,
        first: Position | None = None,
    ) -> None:
        """Add one finding; `first` is the other place of a pair."""
        self._counts[rule] += 1
        if self._counts[rule] > MOST_OF_ONE_RULE:
            return
        self._found.append(
            Finding(
                path=self.path,
                position=position,
                severity=severity,
                rule=rule,
                message=message,
                hint=hint,
                related=((self.path, first),) if first else (),
            )
        )

    def has(self, rule: str) -> bool:
        """Tell whether the rule was broken already."""
        return rule in self._counts

    def all(self) -> tuple[Finding, ...]:
        """Return the findings as a reader walks the file, with a note where some were left out."""
        if not self._found:
            return ()
        notes = [self._left_out(rule, count) for rule, count in self._counts.items() if count > MOST_OF_ONE_RULE]
        return (*sorted(self._found, key=Finding.sort_key), *notes)

    def _left_out(self, rule: str, count: int) -> Finding:
        last = max(finding.position for finding in self._found if finding.rule == rule)
        message = f"{count - MOST_OF_ONE_RULE} more places with this problem are not listed."
        return Finding(path=self.path, position=last, severity=Severity.NOTE, rule=rule, message=message)


def at(mark: Mark) -> Position:
    """Return the position that a parser's mark names."""
    return Position(mark.line + 1, mark.column + 1)


def quoted(text: str, limit: int = 60) -> str:
    """Return untrusted text for a message: on one line, visible, cut, in quotes."""
    return f"'{shortened(safe_text(text, one_line=True), limit)}'"
