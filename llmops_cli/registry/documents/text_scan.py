"""Applies the text policy to a YAML file: what is written, what is escaped, and what a comment lifts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Position, Severity
from llmops_cli.registry.documents.file_findings import at
from llmops_cli.registry.documents.source_text import check_line_breaks
from llmops_cli.registry.documents.text_policy import TextProblem, scan_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmops_cli.registry.documents.file_findings import FileFindings
    from llmops_cli.registry.documents.source_text import Source
    from llmops_cli.registry.documents.yaml_events import TextEvent

NO_ALLOWANCES: Mapping[int, frozenset[int]] = MappingProxyType({})

# what the YAML parser would stop at; it reads U+FFFD (or a space) instead, so that the other findings come too
_UNREADABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ufffe\\uffff]")
_YAML_BREAK = re.compile("[\\x85\\u2028\\u2029]")
_COMMENT = re.compile(r"^[ \t]*#[ \t]*llmops:(?P<rest>.*?)\r?$", re.MULTILINE)
_ALLOW = re.compile(
    r"[ \t]*allow[ \t]+(?P<points>U\+[0-9A-Fa-f]{4,6}(?:[ \t,]+U\+[0-9A-Fa-f]{4,6})*)"
    r"(?:[ \t,]+because[ \t]+(?P<reason>\S.*))?\Z"
)
_MOST_IN_HINT = 3


@dataclass(slots=True)
class _Allowance:
    """One comment `# llmops: allow U+200B, because …`."""

    position: Position
    code_points: frozenset[int]
    lines: frozenset[int]
    used: bool = field(default=False)


class TextScan:
    """The state of one file's scan: made before the parser runs, finished when it knows the scalars."""

    def __init__(self, source: Source, findings: FileFindings) -> None:
        """Find what is written literally; `parsable` is the text for the parser, of the same length."""
        self._source = source
        self._findings = findings
        text = source.text
        self.parsable = text
        self.hides_lines = False
        self._written: tuple[TextProblem, ...] = ()
        # most files are printable but for their line feeds, which is the cheapest of all questions
        if text.isascii() and text.replace("\n", "").isprintable():
            return
        self.hides_lines = check_line_breaks(source, findings)
        visible = _YAML_BREAK.sub(" ", text.replace("\r", " "))
        self._written = scan_text(visible)
        self.parsable = (
            _UNREADABLE.sub("\ufffd", _YAML_BREAK.sub(" ", text)) if self._written or visible != text else text
        )

    def finish(self, scalars: Sequence[TextEvent], *, complete: bool) -> Mapping[int, frozenset[int]]:
        """Report what no comment lifts, and comments that lift nothing; return what is lifted per line.

        `complete` is False when the parser stopped early: then a comment may be unused only because of that.
        """
        allowances = list(self._allowances(scalars)) if "llmops:" in self._source.text else []
        for problem in self._written:
            self._report(problem, self._source.position(problem.offset), allowances, liftable=_is_readable(problem))
        for problem, position in self._escaped(scalars):
            self._report(problem, position, allowances, liftable=True)
        for allowance in allowances:
            if complete and not allowance.used:
                self._complain(allowance.position, "allows a character that is not there.", Severity.WARNING)
        return _by_line(allowances)

    def _escaped(self, scalars: Sequence[TextEvent]) -> Iterator[tuple[TextProblem, Position]]:
        """Yield the problems that only unescaping brings to light; they are placed at their value."""
        for event in scalars:
            if event.style == '"' and not event.value.isprintable():
                raw = self._source.text[event.start_mark.index : event.end_mark.index]
                for problem in scan_text(event.value):
                    if any(chr(code_point) not in raw for code_point in problem.code_points):
                        yield problem, at(event.start_mark)

    def _report(
        self, problem: TextProblem, position: Position, allowances: Iterable[_Allowance], *, liftable: bool
    ) -> None:
        points = frozenset(problem.code_points)
        for allowance in allowances if liftable else ():
            if position.line in allowance.lines and points & allowance.code_points:
                allowance.used = True
                points -= allowance.code_points
        if not points:
            return
        hint = "Remove it."
        if liftable:
            names = " ".join(f"U+{code_point:04X}" for code_point in sorted(points)[:_MOST_IN_HINT])
            hint = f"Remove it, or write on the line before the key: # llmops: allow {names}, because …"
        self._findings.add(problem.rule, problem.message, position, hint=hint)

    def _allowances(self, scalars: Sequence[TextEvent]) -> Iterator[_Allowance]:
        for match in _COMMENT.finditer(self._source.text):
            if any(event.start_mark.index < match.start() < event.end_mark.index for event in scalars):
                continue  # part of a text, not a comment
            position = self._source.position(match.start())
            parts = _ALLOW.match(match.group("rest").rstrip())
            if parts is None:
                self._complain(position, "names no code point to allow, such as U+200B.", Severity.ERROR)
            elif not parts.group("reason"):
                self._complain(position, "gives no reason.", Severity.ERROR)
            else:
                points = frozenset(int(point, 16) for point in re.findall(r"U\+([0-9A-Fa-f]+)", parts.group("points")))
                yield _Allowance(position, points, self._lines_after(position.line, scalars))

    def _complain(self, position: Position, what: str, severity: Severity) -> None:
        hint = "Write: # llmops: allow U+200B, because …" if severity is Severity.ERROR else "Delete the comment."
        self._findings.add("allow-comment", f"The comment {what}", position, hint=hint, severity=severity)

    def _lines_after(self, comment_line: int, scalars: Sequence[TextEvent]) -> frozenset[int]:
        """Return the next line that is not a comment, and all lines of the values that start on it."""
        lines = self._source.text.split("\n")
        line = comment_line + 1
        while line <= len(lines) and lines[line - 1].lstrip().startswith("#"):
            line += 1
        ends = (event.end_mark for event in scalars if event.start_mark.line + 1 == line)
        # a block ends where the next line starts
        last = max((end.line + (1 if end.column else 0) for end in ends), default=line)
        return frozenset(range(line, last + 1))


def _is_readable(problem: TextProblem) -> bool:
    return not any(_UNREADABLE.match(chr(code_point)) for code_point in problem.code_points)


def _by_line(allowances: Sequence[_Allowance]) -> Mapping[int, frozenset[int]]:
    if not allowances:
        return NO_ALLOWANCES
    lines: dict[int, frozenset[int]] = {}
    for allowance in allowances:
        for line in allowance.lines:
            lines[line] = lines.get(line, frozenset()) | allowance.code_points
    return MappingProxyType(lines)
