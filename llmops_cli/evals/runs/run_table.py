"""Runs as a pandas DataFrame: a row per trial, a column per metric; for notebooks and for export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.evals.runs.journal import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.evals.runs.run_folder import RunRecord

COLUMNS = (
    "run", "started_at", "prompt", "prompt_version", "model", "case", "trial", "state", "score", "text", "error",
    "source", "model_served", "latency_seconds", "cost_usd", "input_tokens", "output_tokens", "finish_reason",
)  # fmt: skip
"""The columns that every table has; after them come `score.<metric>` and `passed.<metric>`, by name."""

TEXT_COLUMNS = ("prompt", "model", "case", "text", "error", "model_served")
"""Those of the columns that hold what people, models and providers wrote."""


def run_table(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return the trials of these runs, one row each; a metric that did not measure is missing there, not 0."""
    import pandas as pd

    rows = [row for record in records for row in _rows(record)]
    names = sorted({name for row in rows for name in row} - set(COLUMNS))
    table = pd.DataFrame(rows, columns=[*COLUMNS, *names])
    whole = dict.fromkeys(("prompt_version", "trial", "input_tokens", "output_tokens"), "Int64")
    flags = {name: "boolean" for name in names if name.startswith("passed.")}
    numbers = {name: "Float64" for name in names if name.startswith("score.")}
    return table.astype({**whole, **flags, **numbers, "score": "Float64", "cost_usd": "Float64"})


def _rows(record: RunRecord) -> Iterator[dict[str, object]]:
    header = record.header
    of_run = {
        "run": record.name,
        "started_at": header.get("started_at"),
        "prompt": header.get("prompt"),
        "prompt_version": header.get("prompt_version"),
        "model": header.get("model"),
    }
    for entry in read_entries(record.journal):
        yield {**of_run, **_trial(entry)}


def _trial(entry: JournalEntry) -> dict[str, object]:
    trial, completion = entry.trial, entry.trial.completion
    row: dict[str, object] = {
        "case": trial.key.case_id,
        "trial": trial.key.number,
        "state": "error" if trial.errored else "pass" if trial.passed else "fail",
        "score": entry.score,
        "error": f"{trial.error.kind}: {trial.error.message}" if trial.error else None,
    }
    if completion is not None:
        row |= {
            "text": completion.text,
            "source": completion.source.value,
            "model_served": completion.model_served,
            "latency_seconds": completion.latency_seconds,
            "cost_usd": completion.cost_usd,
            "input_tokens": completion.usage.input_tokens,
            "output_tokens": completion.usage.output_tokens,
            "finish_reason": completion.finish_reason.value,
        }
    for each in trial.scores:
        row[f"score.{each.metric}"] = each.value
        row[f"passed.{each.metric}"] = each.passed
    return row
