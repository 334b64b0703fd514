"""What an evaluation is going to do, as a table; shown before the first call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import counted, usd
from llmops_cli.reports.page import rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One prompt on one model; `most_usd` is None when unknown."""

    prompt: str
    model: str
    cases: int
    trials: int
    metrics: int
    most_usd: float | None


def plan_text(rows: Sequence[PlanRow], page: Page) -> str:
    """Return the table, and below it the sum."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("PROMPT", "MODEL", "CASES", "TRIALS", "METRICS", "AT MOST"), stretch=1, right=(2, 3, 4, 5))
    for row in rows:
        names = (Text(safe_text(name, one_line=True)) for name in (row.prompt, row.model))
        table.add_row(*names, f"{row.cases:,}", f"{row.trials:,}", str(row.metrics), usd(row.most_usd))
    trials = sum(row.trials for row in rows)
    known = [row.most_usd for row in rows if row.most_usd is not None]
    most = f"at most {usd(sum(known))}" if len(known) == len(rows) else "at a price that is not known"
    total = f"{counted(len(rows), 'run')}, {counted(trials, 'trial')}, {most}"
    return rendered(page, table.text(page), Text(total))
