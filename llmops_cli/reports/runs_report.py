"""The runs of this machine as a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import score
from llmops_cli.reports.page import rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.evals.runs.run_folder import RunRecord
    from llmops_cli.reports.page import Page


def runs_text(records: Sequence[RunRecord], page: Page) -> str:
    """Return one line per run: its name, score, cases that pass, errors, state."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("RUN", "SCORE", "CASES", "ERRORS", "STATE"), stretch=0, right=(1, 2, 3))
    for record in records:
        result = record.result or {}
        cases = cast("Mapping[str, int]", result.get("cases", {}))
        passing = f"{cases.get('passed', 0)} of {cases.get('total', 0)}" if cases else ""
        state = "complete" if record.complete else "stopped" if record.result else "interrupted"
        name = Text(safe_text(record.name, one_line=True))
        table.add_row(name, score(cast("float | None", result.get("score"))), passing, str(record.errored), state)
    return rendered(page, table.text(page))


def runs_json(records: Sequence[RunRecord]) -> str:
    """Return the runs as a JSON list, each with its header and its figures."""
    listed = [
        {"name": record.name, "complete": record.complete, "header": record.header, "result": record.result}
        for record in records
    ]
    return json.dumps(listed, ensure_ascii=True, indent=2)
