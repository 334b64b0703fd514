"""Trials as CSV for spreadsheets; a text that a spreadsheet would run as a formula is defused."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_cli.reports.trial_rows import TrialRow

COLUMNS = (
    "prompt", "model", "case", "trial", "critical", "state", "score", "expected", "got", "why",
    "seconds", "cost_usd", "source", "warnings",
)  # fmt: skip

_FORMULA_STARTS = ("=", "+", "-", "@", "\\", "|", "%")


def eval_csv(rows: Iterable[TrialRow]) -> str:
    """Return the rows below one header, RFC 4180 with LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        numbers = ("" if number is None else number for number in (row.seconds, row.cost_usd))
        writer.writerow(
            [
                *map(defused, (row.prompt, row.model, row.case_id)),
                row.trial + 1,
                "yes" if row.critical else "no",
                row.state,
                "" if row.score is None else row.score,
                *map(defused, (row.expected, row.got, "; ".join(row.why))),
                *numbers,
                row.source,
                defused("; ".join(row.warnings)),
            ],
        )
    return out.getvalue()


def defused(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before what looks like one."""
    # one line, so that a line of a field cannot be a command to the log it is printed in
    shown = safe_text(text, one_line=True)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA_STARTS) else shown
