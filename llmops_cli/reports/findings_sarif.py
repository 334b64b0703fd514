"""Findings as SARIF 2.1.0, the format that GitHub code scanning and editors read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.findings import Position
    from llmops_cli.core.json_value import JsonObject

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "llmopsFinding/v1"
"""The name under which GitHub keeps our fingerprints; the version rises when their recipe changes."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def findings_sarif(findings: Sequence[Finding], *, tool_version: str, summaries: Mapping[str, str]) -> str:
    """Return one SARIF log with one run.

    Args:
        findings: in any order; the log has them in reading order.
        tool_version: of llmops.
        summaries: rule name → one line; a rule without a line is listed by its name.
    """
    ordered = sorted(findings, key=Finding.sort_key)
    rules = sorted({finding.rule for finding in ordered})
    driver = {
        "name": "llmops",
        "semanticVersion": tool_version,
        "rules": [{"id": rule, "shortDescription": {"text": summaries.get(rule) or rule}} for rule in rules],
    }
    seen: Counter[str] = Counter()
    results = [_result(finding, rules.index(finding.rule), seen) for finding in ordered]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}, ensure_ascii=True, indent=2)


def _result(finding: Finding, rule_index: int, seen: Counter[str]) -> JsonObject:
    # plain text in SARIF may hold links, [text](target); ours come from files and never should
    text = safe_text(f"{finding.message} {finding.hint}".strip()).replace("](", "] (")
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.path, finding.position)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, seen)},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(path, position)} for number, (path, position) in enumerate(finding.related, 1)
        ]
    return result  # type: ignore[return-value]


def _location(path: str, position: Position) -> JsonObject:
    # the path is a URI reference: a colon in its first segment would read as a scheme, so all but "/" is quoted
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path, safe="/", errors="surrogatepass")},
            "region": {"startLine": position.line, "startColumn": position.column},
        },
    }


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """Return what stays the same when lines move: rule, path, message, and which of several equal ones it is."""
    text = f"{finding.rule}\0{finding.path}\0{finding.message}"
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[key] += 1
    return f"{key}:{seen[key]}"
