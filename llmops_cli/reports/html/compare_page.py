"""Two runs as one HTML page: metrics, and every case with both answers side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.registry.diff.word_diff import PieceKind, diff_words
from llmops_cli.reports.compare_text import change_text, counts_text
from llmops_cli.reports.compare_view import BETTER, BROKEN, CHANGES, FOUND, LOST, MENDED, SAME, WORSE
from llmops_cli.reports.html.case_views import LEAST_KEPT, LONGEST_DIFF, Part, kept_fraction, shortened_text
from llmops_cli.reports.html.page import render_page
from llmops_cli.reports.numbers import score

if TYPE_CHECKING:
    from llmops_cli.reports.compare_view import CaseChange, CaseSide, RunComparison

_MARKS = {BROKEN: "fail", WORSE: "fail", LOST: "error", MENDED: "pass", BETTER: "pass", FOUND: "mixed", SAME: "spared"}
_TONES = {"PASS": "good", "REGRESSION": "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One side of a case: what it came to, why, and its answer with what the other side does not have."""

    label: str
    passes: str
    score: str
    why: tuple[str, ...]
    answer: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A case; `tone` is the mark that repeats what `change` says."""

    id: str
    order: int
    critical: bool
    change: str
    mark: str
    delta: float
    delta_text: str
    expected: str
    sides: tuple[SideView, SideView]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric, its numbers as text; `tone` is better, worse or empty."""

    name: str
    before: str
    after: str
    change: str
    interval: str
    decision: str
    tone: str


def compare_page(comparison: RunComparison) -> str:
    """Return the page."""
    return render_page(
        "compare.html",
        title=f"llmops: {comparison.before_name} → {comparison.after_name}",
        comparison=comparison,
        tone=_TONES.get(comparison.word.partition(",")[0], "unsure"),
        counts=counts_text(comparison),
        metrics=_metrics(comparison),
        cases=[_case(case, number) for number, case in enumerate(comparison.cases)],
        states=[
            (change, f"{change} ({number})") for change in CHANGES if (number := len(comparison.with_change(change)))
        ],
    )


def _metrics(comparison: RunComparison) -> list[MetricRow]:
    return [
        MetricRow(
            name=metric.name,
            before=score(metric.before),
            after=score(metric.after),
            change=change_text(metric.delta),
            interval="" if metric.lower is None else f"{change_text(metric.lower)} … {change_text(metric.upper)}",
            decision=metric.decision,
            tone={"+": "better", "−": "worse"}.get(change_text(metric.delta)[0], ""),
        )
        for metric in comparison.metrics
    ]


def _case(case: CaseChange, order: int) -> ChangeView:
    parts = _parts(case.before.answer, case.after.answer)
    return ChangeView(
        id=case.case_id,
        order=order,
        critical=case.critical,
        change=case.change,
        mark=_MARKS[case.change],
        delta=case.delta,
        delta_text=change_text(case.delta),
        expected=shortened_text(case.expected),
        sides=(_side("Before", case.before, parts[0]), _side("After", case.after, parts[1])),
    )


def _side(label: str, side: CaseSide, answer: tuple[Part, ...]) -> SideView:
    return SideView(
        label=label,
        passes=f"{side.passes} of {side.measured} pass" if side.measured else "not measured",
        score=score(side.score),
        why=side.why,
        answer=answer,
    )


def _parts(before: str, after: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return both answers, each with what only it has marked, where they have enough in common to be compared."""
    if max(len(before), len(after)) <= LONGEST_DIFF:
        pieces = diff_words(before, after)
        if kept_fraction(pieces) >= LEAST_KEPT:
            sides = [
                tuple(Part(piece.kind.value, piece.text) for piece in pieces if piece.kind is not left_out)
                for left_out in (PieceKind.INSERT, PieceKind.DELETE)
            ]
            return sides[0], sides[1]
    plain = [(Part("equal", shortened_text(text)),) if text else () for text in (before, after)]
    return plain[0], plain[1]
