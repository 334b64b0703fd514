"""The first failing and errored trials in the suite's order, whatever the order in which they finished."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.evals.runs.summary import ErroredTrial, FailedMetric, FailingTrial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import Case

_Shown = TypeVar("_Shown", FailingTrial, ErroredTrial)

SHOWN_CHARACTERS = 2000
"""Of an answer; the journal has it whole."""


class TrialsToShow:
    """Keeps at most `limit` trials of each kind."""

    def __init__(self, cases: Sequence[Case], *, limit: int) -> None:
        """Begin with none."""
        self._cases = cases
        self._limit = limit
        self._failing: list[tuple[int, int, FailingTrial]] = []
        self._errors: list[tuple[int, int, ErroredTrial]] = []

    def add(self, index: int, trial: Trial) -> None:
        """Keep the trial of the case at `index` if it is among the first that failed or were errored."""
        case = self._cases[index]
        place = (-index, -trial.key.number)
        if trial.errored:
            if self._wanted(self._errors, place):
                self._keep(self._errors, (*place, _errored(case, trial)))
        elif not trial.passed and self._wanted(self._failing, place):
            self._keep(self._failing, (*place, _failing(case, trial)))

    def failing(self) -> tuple[FailingTrial, ...]:
        """Return the failing trials, first case first."""
        return tuple(item[2] for item in sorted(self._failing, key=_order))

    def errors(self) -> tuple[ErroredTrial, ...]:
        """Return the errored trials, first case first."""
        return tuple(item[2] for item in sorted(self._errors, key=_order))

    def _wanted(self, kept: Sequence[tuple[int, int, object]], place: tuple[int, int]) -> bool:
        return len(kept) < self._limit or (self._limit > 0 and place > kept[0][:2])

    def _keep(self, kept: list[tuple[int, int, _Shown]], item: tuple[int, int, _Shown]) -> None:
        if len(kept) < self._limit:
            heapq.heappush(kept, item)
        else:
            heapq.heapreplace(kept, item)


def _order(item: tuple[int, int, object]) -> tuple[int, int]:
    return (-item[0], -item[1])


def _failing(case: Case, trial: Trial) -> FailingTrial:
    wanting = (score for score in trial.deciding if not score.passed)
    return FailingTrial(
        case_id=case.id,
        number=trial.key.number,
        critical=case.critical,
        expected=case.expected,
        got=trial.completion.text[:SHOWN_CHARACTERS] if trial.completion else "",
        metrics=tuple(FailedMetric(name=score.metric, reason=score.reason, score=score.value) for score in wanting),
        path=case.path,
        line=case.line,
    )


def _errored(case: Case, trial: Trial) -> ErroredTrial:
    if trial.error:
        kind, message = trial.error.kind, trial.error.message
    else:
        failures = (failure for failure in trial.failures if failure.metric not in trial.aside)
        kind, message = "metric", "; ".join(f"{failure.metric}: {failure.reason}" for failure in failures)
    return ErroredTrial(
        case_id=case.id,
        number=trial.key.number,
        critical=case.critical,
        kind=kind,
        message=message[:SHOWN_CHARACTERS],
    )
