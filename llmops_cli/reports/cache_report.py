"""What the response cache holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import counted, share
from llmops_cli.reports.page import rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.gateway.response_cache import CachedAnswer, CacheSummary
    from llmops_cli.reports.page import Page

MEBIBYTE = 1024 * 1024


def cache_text(summary: CacheSummary, path: str, page: Page) -> str:
    """Return size, limit, and the number of answers per model."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    used = f"{summary.size_bytes / MEBIBYTE:.1f} of {summary.limit_bytes / MEBIBYTE:.0f} MiB"
    full = share(summary.size_bytes / summary.limit_bytes)
    parts: list[Text] = [
        Text(f"{counted(summary.answers, 'answer')}, {used} ({full})"),
        Text(safe_text(path, one_line=True)),
    ]
    if not summary.by_model:
        return rendered(page, *parts)
    table = PlainTable(("MODEL", "ANSWERS"), right=(1,), stretch=0)
    for model, answers in summary.by_model.items():
        table.add_row(Text(safe_text(model, one_line=True)), f"{answers:,}")
    return rendered(page, *parts, Text(""), table.text(page))


def cache_json(summary: CacheSummary, path: str) -> str:
    """Return the summary as a JSON object."""
    return json.dumps({"path": path, **asdict(summary)}, indent=2, default=dict)


def answers_text(answers: Sequence[CachedAnswer], page: Page) -> str:
    """Return one line per kept answer."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("REQUEST", "TRIAL", "MODEL", "BYTES", "STORED", "LAST USED"), right=(1, 3), stretch=2)
    for answer in answers:
        table.add_row(
            short_digest(answer.request_digest),
            str(answer.trial),
            Text(safe_text(answer.model, one_line=True)),
            f"{answer.size_bytes:,}",
            _when(answer.stored_at),
            _when(answer.used_at),
        )
    return rendered(page, table.text(page))


def _when(timestamp: float) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M}"
