"""Findings for programs: one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject


def findings_json(findings: Sequence[Finding], *, files: int) -> str:
    """Return `{"files", "errors", "warnings", "notes", "findings": [...]}`, findings in reading order."""
    counted = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    document = {
        "files": files,
        "errors": counted[Severity.ERROR],
        "warnings": counted[Severity.WARNING],
        "notes": counted[Severity.NOTE],
        "findings": [finding_as_json(finding) for finding in sorted(findings, key=Finding.sort_key)],
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def finding_as_json(finding: Finding) -> JsonObject:
    """Return one finding as an object; text is as it was found, JSON escapes what needs it."""
    return {
        "path": finding.path,
        "line": finding.position.line,
        "column": finding.position.column,
        "severity": finding.severity.value,
        "rule": finding.rule,
        "message": finding.message,
        "hint": finding.hint,
        "related": [
            {"path": path, "line": position.line, "column": position.column} for path, position in finding.related
        ],
    }
