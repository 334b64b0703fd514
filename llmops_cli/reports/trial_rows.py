"""Every trial of a run as a flat row: what JUnit and CSV list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import Expected
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry

NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One trial. `state` is `pass`, `fail`, `error` or `not run`.

    `why` has a line per metric that objected, `warnings` one per metric that objects and only warns.
    """

    prompt: str
    model: str
    case_id: str
    trial: int
    critical: bool
    state: str
    score: float | None = None
    expected: str = ""
    got: str = ""
    why: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    path: str = ""
    line: int = 1
    seconds: float = 0.0
    cost_usd: float | None = None
    source: str = ""


def trial_rows(job: EvalJob, entries: Iterable[JournalEntry]) -> Iterator[TrialRow]:
    """Yield a row for every planned trial in the suite's order, those that were not run included."""
    found = {(entry.trial.key.case_id, entry.trial.key.number): entry for entry in entries}
    for case in job.cases:
        for number in range(job.repeats):
            entry = found.get((case.id, number))
            row = TrialRow(
                prompt=job.prompt.identifier,
                model=job.model.name,
                case_id=case.id,
                trial=number,
                critical=case.critical,
                state=NOT_RUN,
                expected=expected_text(case.expected),
                path=case.path,
                line=case.line,
            )
            yield row if entry is None else _filled(row, entry)


def expected_text(expected: Expected) -> str:
    """Return what a case expects as one text."""
    if expected is None or isinstance(expected, str):
        return expected or ""
    return json.dumps(list(expected) if isinstance(expected, tuple) else expected, ensure_ascii=False, default=dict)


def _filled(row: TrialRow, entry: JournalEntry) -> TrialRow:
    trial, completion = entry.trial, entry.trial.completion
    why: list[str] = []
    warnings: list[str] = []
    for metric, told in objections(trial):
        (warnings if metric in trial.aside else why).append(told)
    if trial.error:
        why.append(f"{trial.error.kind}: {trial.error.message}")
    return TrialRow(
        prompt=row.prompt,
        model=row.model,
        case_id=row.case_id,
        trial=row.trial,
        critical=row.critical,
        state="error" if trial.errored else "pass" if trial.passed else "fail",
        score=entry.score,
        expected=row.expected,
        got=completion.text if completion else "",
        why=tuple(why),
        warnings=tuple(warnings),
        path=row.path,
        line=row.line,
        seconds=completion.latency_seconds if completion else 0.0,
        cost_usd=completion.cost_usd if completion else None,
        source=completion.source.value if completion else "",
    )


def objections(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield each metric that did not pass, with what it says."""
    for score in trial.scores:
        if not score.passed:
            yield score.metric, f"{score.metric}: {score.reason}"
    for failure in trial.failures:
        yield failure.metric, f"{failure.metric} could not measure: {failure.reason}"
