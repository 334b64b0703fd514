"""The scores of every case, trial by trial: what a comparison with a baseline works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.runs.journal import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """One measured trial of a case: its score in [0, 1], whether it passed, and each metric's score by name."""

    number: int
    score: float
    passed: bool
    metrics: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcomes:
    """A case with its measured trials by number, and how many were errored."""

    case_id: str
    trials: tuple[TrialOutcome, ...]
    errored: int


def iter_case_outcomes(journal: Path) -> Iterator[CaseOutcomes]:
    """Yield every case of a journal, by id; completions are read past, so memory holds scores only."""
    trials: dict[str, list[TrialOutcome]] = {}
    errored: dict[str, int] = {}
    for entry in read_entries(journal):
        case_id = entry.trial.key.case_id
        measured = trials.setdefault(case_id, [])
        if entry.score is None:
            errored[case_id] = errored.get(case_id, 0) + 1
        else:
            measured.append(
                TrialOutcome(
                    number=entry.trial.key.number,
                    score=entry.score,
                    passed=entry.trial.passed,
                    metrics=tuple((score.metric, score.value) for score in entry.trial.scores),
                )
            )
    for case_id in sorted(trials):
        in_order = tuple(sorted(trials[case_id], key=lambda outcome: outcome.number))
        yield CaseOutcomes(case_id=case_id, trials=in_order, errored=errored.get(case_id, 0))
