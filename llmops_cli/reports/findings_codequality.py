"""Findings as GitLab's code quality report: remarks in the diff of a merge request."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def findings_codequality(findings: Sequence[Finding]) -> str:
    """Return a JSON array in reading order; a fingerprint stays the same when lines move."""
    seen: Counter[str] = Counter()
    rows = []
    for finding in sorted(findings, key=Finding.sort_key):
        key = f"{finding.rule}\0{finding.path}\0{finding.message}"
        seen[key] += 1
        identity = f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")
        row = {
            "description": safe_text(f"{finding.message} {finding.hint}".strip(), one_line=True),
            "check_name": finding.rule,
            "fingerprint": hashlib.sha256(identity).hexdigest(),
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": finding.path, "lines": {"begin": finding.position.line}},
        }
        rows.append(row)
    return json.dumps(rows, ensure_ascii=True, indent=2)
