"""The tokens of a config service: who may do what, until when."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import BAD, FAINT, STRONG, hanging, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token; its secret is not known to anybody but its holder."""

    id: str
    name: str
    grants: tuple[str, ...]
    expires_at: str
    expired: bool


def tokens_text(rows: Sequence[TokenRow], page: Page) -> str:
    """Return the tokens with what they may do."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    parts = []
    for row in rows:
        until = (f"  expired {row.expires_at}", BAD) if row.expired else (f"  until {row.expires_at}", FAINT)
        parts.append(Text.assemble((safe_text(row.name, one_line=True), STRONG), f"  {row.id}", until))
        parts.append(hanging(page, Text(f"  {', '.join(row.grants)}"), indent=2))
    return rendered(page, *parts)


def tokens_json(rows: Sequence[TokenRow]) -> str:
    """Return the tokens as a JSON list."""
    return json.dumps([asdict(row) for row in rows], indent=2)
