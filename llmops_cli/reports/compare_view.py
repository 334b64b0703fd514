"""Two runs beside each other, as values that every format shows: metrics, cases that changed, their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.reports.trial_rows import expected_text, objections

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.suites import Case
    from llmops_cli.evals.comparing.comparison import Comparison
    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.evals.runs.summary import RunSummary

BROKEN, MENDED, WORSE, BETTER, LOST, FOUND, SAME = (
    "broken", "mended", "worse", "better", "no longer measured", "newly measured", "same",
)  # fmt: skip
CHANGES = (BROKEN, WORSE, LOST, MENDED, BETTER, FOUND, SAME)
"""What can happen to a case, what needs a look first."""

SMALLEST_CHANGE = 0.005
"""Of a case's mean score; less is no change to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """A metric on both sides, with the interval of its change where the runs could be compared."""

    name: str
    before: float | None
    after: float | None
    delta: float | None
    lower: float | None = None
    upper: float | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSide:
    """A case in one run: trials that passed of those measured, the mean score, and an answer that tells why."""

    passes: int
    measured: int
    score: float | None
    answer: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case on both sides. `change` is one of `CHANGES`."""

    case_id: str
    critical: bool
    expected: str
    before: CaseSide
    after: CaseSide
    change: str

    @property
    def delta(self) -> float:
        """The change of the mean score, 0 where it is not known."""
        if self.before.score is None or self.after.score is None:
            return 0.0
        return self.after.score - self.before.score


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """Everything that a report of two runs says. `notes` are sentences about what is not the same."""

    before: RunSummary
    after: RunSummary
    before_name: str
    after_name: str
    word: str
    reasons: tuple[str, ...]
    metrics: tuple[MetricChange, ...]
    cases: tuple[CaseChange, ...]
    notes: tuple[str, ...] = ()

    def with_change(self, *changes: str) -> tuple[CaseChange, ...]:
        """Return the cases to which one of these happened."""
        return tuple(case for case in self.cases if case.change in changes)

    def as_json(self) -> JsonObject:
        """Return the comparison for machines; cases that stayed the same are left out."""
        return {
            "before": {"run": self.before_name, **self.before.as_json()},
            "after": {"run": self.after_name, **self.after.as_json()},
            "verdict": self.word.lower(),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "metrics": [
                {
                    "name": metric.name,
                    "before": metric.before,
                    "after": metric.after,
                    "change": metric.delta,
                    "interval": None if metric.lower is None else [metric.lower, metric.upper],
                    "decision": metric.decision,
                }
                for metric in self.metrics
            ],
            "cases": [
                {
                    "case": case.case_id,
                    "critical": case.critical,
                    "change": case.change,
                    "expected": case.expected,
                    "before": _side_as_json(case.before),
                    "after": _side_as_json(case.after),
                }
                for case in self.with_change(*CHANGES[:-1])
            ],
        }


def metric_changes(before: RunSummary, after: RunSummary, comparison: Comparison | None) -> tuple[MetricChange, ...]:
    """Return every metric of either run; those that the comparison decided with their intervals."""
    decided = {metric.name: metric.decision for metric in comparison.metrics} if comparison else {}
    means = [{metric.name: metric.mean for metric in side.metrics} for side in (before, after)]
    names = dict.fromkeys([*means[1], *means[0], *decided])
    changes = []
    for name in names:
        decision = decided.get(name)
        old, new = means[0].get(name), means[1].get(name)
        if decision:
            old, new = decision.base_mean, decision.candidate_mean
        changes.append(
            MetricChange(
                name=name,
                before=old,
                after=new,
                delta=None if old is None or new is None else new - old,
                lower=decision.suite_interval.lower if decision else None,
                upper=decision.suite_interval.upper if decision else None,
                decision=decision.verdict.value if decision else "",
            )
        )
    return tuple(changes)


def case_changes(
    cases: Mapping[str, Case], before: Iterable[JournalEntry], after: Iterable[JournalEntry]
) -> tuple[CaseChange, ...]:
    """Return every case that either run has, what needs a look first, then in the suite's order."""
    sides = [_by_case(before), _by_case(after)]
    order = [case_id for case_id in cases if case_id in sides[0] or case_id in sides[1]]
    order += sorted({*sides[0], *sides[1]} - set(order))
    changes = [
        _change(case_id, cases.get(case_id), *(_side(side.get(case_id, [])) for side in sides)) for case_id in order
    ]
    return tuple(sorted(changes, key=lambda case: (CHANGES.index(case.change), not case.critical)))


def _by_case(entries: Iterable[JournalEntry]) -> dict[str, list[JournalEntry]]:
    found: dict[str, list[JournalEntry]] = {}
    for entry in entries:
        found.setdefault(entry.trial.key.case_id, []).append(entry)
    return found


def _side(entries: list[JournalEntry]) -> CaseSide:
    entries = sorted(entries, key=lambda entry: entry.trial.key.number)
    measured = [entry for entry in entries if entry.score is not None and not entry.trial.errored]
    scores = [entry.score for entry in measured if entry.score is not None]
    # the first failing trial says more than one that passed
    telling = next((entry for entry in entries if not entry.trial.passed), entries[0] if entries else None)
    why: list[str] = []
    if telling:
        trial = telling.trial
        why = [f"{told}{' (only warns)' if metric in trial.aside else ''}" for metric, told in objections(trial)]
        why += [f"{trial.error.kind}: {trial.error.message}"] if trial.error else []
    return CaseSide(
        passes=sum(entry.trial.passed for entry in measured),
        measured=len(measured),
        score=sum(scores) / len(scores) if scores else None,
        answer=telling.trial.completion.text if telling and telling.trial.completion else "",
        why=tuple(why),
    )


def _change(case_id: str, case: Case | None, before: CaseSide, after: CaseSide) -> CaseChange:
    return CaseChange(
        case_id=case_id,
        critical=case.critical if case else False,
        expected=expected_text(case.expected) if case else "",
        before=before,
        after=after,
        change=_word(before, after),
    )


def _word(before: CaseSide, after: CaseSide) -> str:
    if not (before.measured and after.measured):
        return SAME if before.measured == after.measured else LOST if before.measured else FOUND
    passed, passes = 2 * before.passes > before.measured, 2 * after.passes > after.measured
    if passed != passes:
        return MENDED if passes else BROKEN
    delta = (after.score or 0.0) - (before.score or 0.0)
    if abs(delta) < SMALLEST_CHANGE:
        return SAME
    return BETTER if delta > 0 else WORSE


def _side_as_json(side: CaseSide) -> JsonObject:
    return {
        "passes": side.passes,
        "measured": side.measured,
        "score": side.score,
        "answer": side.answer,
        "why": list(side.why),
    }
