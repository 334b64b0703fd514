"""Findings for people: one line each, grouped by file, and the count at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import BAD, FAINT, GOOD, STRONG, WARN, hanging, rendered, without_log_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.text import Text

    from llmops_cli.reports.page import Page

NEXT = " Next: llmops eval"

_STYLES = {Severity.ERROR: BAD, Severity.WARNING: WARN, Severity.NOTE: FAINT}


def place_of(finding: Finding) -> str:
    """Return `path:line:column`, which terminals and editors make a link of."""
    return f"{safe_text(finding.path, one_line=True)}:{finding.position.line}:{finding.position.column}"


def sentence_of(finding: Finding) -> str:
    """Return message and hint as one line of text that is safe to print."""
    return safe_text(f"{finding.message} {finding.hint}".strip(), one_line=True)


def findings_text(findings: Iterable[Finding], page: Page) -> str:
    """Return the findings in reading order, one line each (wrapped only where the page wraps)."""
    ordered = sorted(findings, key=Finding.sort_key)
    if not page.wrap and not page.colour:
        # a pipe or a log may get thousands of lines, and laying out costs 50 times what joining does
        return without_log_commands("\n".join("".join(words for words, _ in _pieces(finding)) for finding in ordered))
    return rendered(page, *(hanging(page, _line(finding)) for finding in ordered)) if ordered else ""


def count_severities(findings: Iterable[Finding]) -> Counter[Severity]:
    """Return how many findings there are of each severity."""
    return Counter(finding.severity for finding in findings)


def findings_summary(files: int, counts: Counter[Severity], page: Page) -> str:
    """Return the last line: what was looked at, what was found, and what to do next."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    found = ", ".join(_counted(counts[severity], severity.value) for severity in Severity if counts[severity])
    looked_at = _counted(files, "file")
    if counts[Severity.ERROR]:
        advice = "Each rule is explained by: llmops rules show RULE"
        return rendered(page, hanging(page, Text.assemble((f"{found} in {looked_at}.", BAD), f" {advice}")))
    if found:
        line = Text.assemble((f"No errors, {found} in {looked_at}.", WARN), NEXT)
    else:
        line = Text.assemble((f"{looked_at} checked, nothing to complain about.", GOOD), NEXT)
    return rendered(page, hanging(page, line))


def _line(finding: Finding) -> Text:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    return Text.assemble(*_pieces(finding))


def _pieces(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield the words of a line, each with its style."""
    yield place_of(finding), STRONG
    yield " ", ""
    yield finding.severity.value, _STYLES[finding.severity]
    yield f" {finding.rule} {sentence_of(finding)}", ""
    for path, position in finding.related:
        yield f" (see {safe_text(path, one_line=True)}:{position.line}:{position.column})", FAINT


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
