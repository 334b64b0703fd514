"""The prompts of a repository as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import count, score
from llmops_cli.reports.page import BAD, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """One prompt. What is None is unknown: no suite, no baseline, or (`errors`) a file that cannot be used."""

    id: str
    path: str
    version: int | None = None
    owner: str = ""
    model: str = ""
    cases: int | None = None
    score: float | None = None
    errors: int = 0


def list_text(rows: Sequence[PromptRow], page: Page) -> str:
    """Return one line per prompt."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("PROMPT", "OWNER", "MODEL", "CASES", "SCORE"), right=(3, 4), stretch=2)
    for row in rows:
        name = safe_text(row.id if row.version is None else f"{row.id}-v{row.version}", one_line=True)
        if row.errors:
            table.add_row(Text(name), "", Text("does not validate", style=BAD), count(row.cases), score(row.score))
        else:
            owner, model = (Text(safe_text(text, one_line=True)) for text in (row.owner, row.model))
            table.add_row(Text(name), owner, model, count(row.cases), score(row.score))
    return rendered(page, table.text(page))


def list_json(rows: Sequence[PromptRow]) -> str:
    """Return the rows as a JSON list."""
    fields = ("id", "path", "version", "owner", "model", "cases", "score", "errors")
    return json.dumps([{name: getattr(row, name) for name in fields} for row in rows], ensure_ascii=True, indent=2)
