"""The history of a prompt: who changed what it says, when, and how it scored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import UNKNOWN, score, usd
from llmops_cli.reports.page import BAD, FAINT, WARN, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from llmops_cli.reports.page import Page


INDENT = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One commit. `remark` says what the subject does not: renamed, removed, does not parse, by a partial."""

    commit: str
    when: datetime
    author: str
    subject: str
    path: str
    version: int | None = None
    digest: str | None = None
    score: float | None = None
    usd_per_call: float | None = None
    remark: str = ""
    broken: bool = False


def log_text(rows: Sequence[LogRow], page: Page) -> str:
    """Return the facts of each commit on one line and its subject on the next, newest first."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("VERSION", "COMMIT", "DATE", "DIGEST", "SCORE", "$/CALL", "AUTHOR"), stretch=6, right=(4, 5))
    for row in rows:
        table.add_row(
            UNKNOWN if row.version is None else f"v{row.version}",
            row.commit[:7],
            f"{row.when:%Y-%m-%d}",
            short_digest(row.digest) if row.digest else UNKNOWN,
            score(row.score),
            usd(row.usd_per_call),
            Text(safe_text(row.author, one_line=True)),
        )
    head, *lines = table.text(page).split("\n")
    parts = [head]
    for line, row in zip(lines, rows, strict=True):
        remark = Text(
            safe_text(f"{row.remark} " if row.remark else "", one_line=True), style=BAD if row.broken else WARN
        )
        subject = Text(" " * INDENT).append_text(remark).append(safe_text(row.subject, one_line=True), style=FAINT)
        parts.extend((line, hanging(page, subject, indent=INDENT)))
    return rendered(page, *parts)


def log_json(rows: Sequence[LogRow]) -> str:
    """Return the rows as a JSON list, digests and commits in full."""
    fields = (
        "commit", "author", "subject", "path", "version", "digest", "score", "usd_per_call", "remark", "broken",
    )  # fmt: skip
    documents = [{"when": row.when.isoformat(), **{name: getattr(row, name) for name in fields}} for row in rows]
    return json.dumps(documents, ensure_ascii=True, indent=2)
