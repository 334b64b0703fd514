"""Findings as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def findings_github(findings: Iterable[Finding]) -> str:
    """Return one `::error file=…,line=…,col=…,title=…::message` line per finding, in reading order."""
    return "\n".join(_command(finding) for finding in sorted(findings, key=Finding.sort_key))


def _command(finding: Finding) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.position.line),
        "col": str(finding.position.column),
        "title": finding.rule,
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(f'{finding.message} {finding.hint}'.strip())}"


def _data(text: str) -> str:
    # the runner undoes exactly these three in the message; a line that starts with :: would be a command
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return safe_text(escaped, one_line=True)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
