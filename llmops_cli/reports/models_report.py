"""The embedded models: which there are, and which are on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import STRONG, hanging, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.page import Page

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One embedded model; `path` is None when its weights are not here."""

    name: str
    summary: str
    licence: str
    download_bytes: int
    path: str | None


def models_text(rows: Sequence[ModelRow], page: Page) -> str:
    """Return the models with size, licence, and where their weights are."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    parts = []
    for row in rows:
        state = safe_text(row.path, one_line=True) if row.path else "not on this machine"
        facts = f"{row.download_bytes / MEGABYTE:.0f} MB to fetch, {row.licence}"
        parts.append(Text.assemble((f"local/{row.name}", STRONG), f"  {facts}"))
        parts.append(hanging(page, Text(f"  {row.summary}"), indent=2))
        parts.append(hanging(page, Text(f"  {state}"), indent=2))
    return rendered(page, *parts)


def models_json(rows: Sequence[ModelRow]) -> str:
    """Return the models as a JSON list."""
    fields = ("name", "summary", "licence", "download_bytes", "path")
    return json.dumps([{name: getattr(row, name) for name in fields} for row in rows], indent=2)
