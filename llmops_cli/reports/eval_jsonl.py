"""Trials as JSON lines for programs: everything that is known of each, one object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.completion_json import completion_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry

NOT_RUN = "not run"


def eval_jsonl(runs: Iterable[tuple[EvalJob, Iterable[JournalEntry]]]) -> str:
    """Return a line for every planned trial in the suite's order; text of prompts and models is as it was."""
    lines = [json.dumps(document, separators=(",", ":")) for job, entries in runs for document in _trials(job, entries)]
    return "".join(f"{line}\n" for line in lines)


def _trials(job: EvalJob, entries: Iterable[JournalEntry]) -> Iterator[JsonObject]:
    found = {(entry.trial.key.case_id, entry.trial.key.number): entry for entry in entries}
    for case in job.cases:
        for number in range(job.repeats):
            entry = found.get((case.id, number))
            yield {
                "prompt": job.prompt.id,
                "prompt_version": job.prompt.version,
                "model": job.model.name,
                "case": case.id,
                "trial": number,
                "critical": case.critical,
                "tags": list(case.tags),
                "variables": case.variables,
                "expected": list(case.expected) if isinstance(case.expected, tuple) else case.expected,
                **({"state": NOT_RUN} if entry is None else _result(entry)),
            }


def _result(entry: JournalEntry) -> JsonObject:
    trial = entry.trial
    result: dict[str, JsonValue] = {
        "state": "error" if trial.errored else "pass" if trial.passed else "fail",
        "score": entry.score,
        "metrics": [
            {
                "metric": each.metric,
                "score": each.value,
                "passed": each.passed,
                "reason": each.reason,
                "raw": each.raw,
                "unit": each.unit,
                "only_warns": each.metric in trial.aside,
            }
            for each in trial.scores
        ],
        "failures": [
            {"metric": each.metric, "reason": each.reason, "only_warns": each.metric in trial.aside}
            for each in trial.failures
        ],
        "skipped": list(trial.skipped_metrics),
        "error": {"kind": trial.error.kind, "message": trial.error.message} if trial.error else None,
        "completion": completion_as_json(trial.completion) if trial.completion else None,
    }
    return result
