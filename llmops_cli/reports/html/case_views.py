"""A run's cases as the page shows them: every trial with its answer, its scores, and how it differs from the ideal."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.registry.diff.word_diff import PieceKind, diff_words
from llmops_cli.reports.numbers import score, usd
from llmops_cli.reports.trial_rows import NOT_RUN, expected_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import Case, Expected
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.registry.diff.word_diff import Piece

LONGEST_TEXT = 8_000
"""Of one answer or variable; `llmops report --jsonl` has all of it."""

LONGEST_DIFF = 4_000
"""Characters of an expected answer and of an answer up to which they are compared word by word."""


LEAST_KEPT = 0.3
"""Texts that have less than this in common are two texts; marking every word would only hide them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer: `equal` to the expected one, `delete` (only expected), `insert` (only in the answer)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreView:
    """What one metric said of a trial; `state` is pass, fail, error, spared, or warn: it objects and only warns."""

    metric: str
    state: str
    score: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """One trial. `answer` is the text in parts where it was compared with an expected one, else one part."""

    number: int
    state: str
    score: str
    facts: tuple[str, ...]
    scores: tuple[ScoreView, ...]
    answer: tuple[Part, ...]
    compared: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case. `state` is pass, mixed (passes by majority), fail, error or not run; numbers are for sorting.

    `broken` tells that it fails and passed in what the run is compared with.
    """

    id: str
    order: int
    state: str
    critical: bool
    broken: bool
    tags: tuple[str, ...]
    expected: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    trials: tuple[TrialView, ...]
    first_reason: str
    place: str
    mean: float
    seconds: float

    @property
    def score(self) -> str:
        """The mean score of the measured trials."""
        return score(None if self.mean < 0 else self.mean)


def case_views(job: EvalJob, entries: Iterable[JournalEntry], broken: Collection[str] = ()) -> tuple[CaseView, ...]:
    """Return every case of the job, what needs looking at first; `broken` cases worked before."""
    found: dict[str, dict[int, JournalEntry]] = {}
    for entry in entries:
        found.setdefault(entry.trial.key.case_id, {})[entry.trial.key.number] = entry
    views = [
        replace(_case(job, case, order, found.get(case.id, {})), broken=case.id in broken)
        for order, case in enumerate(job.cases)
    ]
    ranks = {"fail": 0, "error": 1, "mixed": 2, NOT_RUN: 3, "pass": 4}
    # critical cases decide alone
    return tuple(sorted(views, key=lambda view: (ranks[view.state], not view.critical, not view.broken, view.order)))


def shortened_text(text: str) -> str:
    """Return what is shown of a long text, with a note of what is missing."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n… and {len(text) - LONGEST_TEXT:,} characters more"


def accepted_texts(expected: Expected) -> tuple[str, ...]:
    """Return the answers that a case accepts, as texts."""
    if expected is None:
        return ()
    return tuple(expected) if isinstance(expected, tuple) else (_indented(expected),)


def _indented(expected: Expected) -> str:
    return json.dumps(expected, ensure_ascii=False, indent=2) if isinstance(expected, dict) else expected_text(expected)


def _case(job: EvalJob, case: Case, order: int, entries: dict[int, JournalEntry]) -> CaseView:
    trials = tuple(_trial(case, number, entries.get(number)) for number in range(job.repeats))
    scores = [entry.score for entry in entries.values() if entry.score is not None]
    completions = [entry.trial.completion for entry in entries.values()]
    durations = [completion.latency_seconds for completion in completions if completion]
    return CaseView(
        id=case.id,
        order=order,
        state=_state([trial.state for trial in trials]),
        critical=case.critical,
        broken=False,
        tags=case.tags,
        expected=tuple(shortened_text(text) for text in accepted_texts(case.expected)),
        variables=tuple((name, shortened_text(_value(value))) for name, value in case.variables.items()),
        trials=trials,
        first_reason=next(_objections(trials), ""),
        place=f"{case.path}:{case.line}" if case.path else "",
        mean=sum(scores) / len(scores) if scores else -1.0,
        seconds=sum(durations) / len(durations) if durations else 0.0,
    )


def _state(states: Sequence[str]) -> str:
    good, bad = states.count("pass"), states.count("fail")
    if good + bad == 0:
        return "error" if "error" in states else NOT_RUN
    if good <= bad:
        return "fail"
    return "mixed" if bad else "pass"


def _objections(trials: Iterable[TrialView]) -> Iterator[str]:
    for trial in trials:
        if trial.error:
            yield trial.error
        for each in trial.scores:
            if each.state in {"fail", "error"}:
                yield f"{each.metric}: {each.reason}"


def _trial(case: Case, number: int, entry: JournalEntry | None) -> TrialView:
    if entry is None:
        return TrialView(
            number=number + 1,
            state=NOT_RUN,
            score=score(None),
            facts=(),
            scores=(),
            answer=(),
            compared=False,
            error="",
        )
    trial = entry.trial
    answer, compared = _answer(case, trial)
    return TrialView(
        number=number + 1,
        state="error" if trial.errored else "pass" if trial.passed else "fail",
        score=score(entry.score),
        facts=_facts(trial),
        scores=tuple(_scores(trial)),
        answer=answer,
        compared=compared,
        error=f"{trial.error.kind}: {trial.error.message}" if trial.error else "",
    )


def _answer(case: Case, trial: Trial) -> tuple[tuple[Part, ...], bool]:
    """Return the answer beside the nearest of the accepted ones; a passing trial needs no comparison."""
    if trial.completion is None:
        return (), False
    text = trial.completion.text
    for call in trial.completion.tool_calls:
        text += f"\n→ {call.name}({call.arguments})"
    accepted = [each for each in accepted_texts(case.expected) if len(each) <= LONGEST_DIFF]
    if trial.passed or not accepted or not text or len(text) > LONGEST_DIFF:
        return (Part("equal", shortened_text(text)),) if text else (), False
    best = max((diff_words(each, text) for each in accepted), key=kept_fraction)
    if kept_fraction(best) < LEAST_KEPT:
        return (Part("equal", text),), False
    return tuple(Part(piece.kind.value, piece.text) for piece in best), True


def kept_fraction(pieces: Sequence[Piece]) -> float:
    """Return the share of the text that the expected answer and the answer have in common, blanks aside."""
    kept = sum(len(piece.text.strip()) for piece in pieces if piece.kind is PieceKind.EQUAL)
    changed = sum(len(piece.text.strip()) for piece in pieces if piece.kind is not PieceKind.EQUAL)
    return 2 * kept / (2 * kept + changed) if kept else 0.0


def _scores(trial: Trial) -> Iterator[ScoreView]:
    for each in trial.scores:
        raw = f" ({each.raw:,.4g} {each.unit})" if each.raw is not None else ""
        state = "pass" if each.passed else "warn" if each.metric in trial.aside else "fail"
        yield ScoreView(
            metric=each.metric, state=state, score=score(each.value), reason=shortened_text(each.reason) + raw
        )
    for failure in trial.failures:
        state = "warn" if failure.metric in trial.aside else "error"
        yield ScoreView(
            metric=failure.metric, state=state, score=score(None), reason=f"could not measure: {failure.reason}"
        )
    for name in trial.skipped_metrics:
        yield ScoreView(metric=name, state="spared", score=score(None), reason="spared: a cheaper tier had decided")


def _facts(trial: Trial) -> tuple[str, ...]:
    completion = trial.completion
    if completion is None:
        return ()
    told = [
        completion.source.value,
        f"{completion.latency_seconds:.2f} s" if completion.latency_seconds else "",
        f"{completion.usage.input_tokens:,} → {completion.usage.output_tokens:,} tokens",
        usd(completion.cost_usd) if completion.cost_usd else "",
        completion.model_served,
        "" if completion.finish_reason.value == "stop" else f"ended by {completion.finish_reason.value}",
    ]
    return tuple(filter(None, told))


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
