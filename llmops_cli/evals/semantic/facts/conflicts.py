"""Where an answer's facts contradict those of the expected text, or have nothing there to rest on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.semantic.facts.calendar import Moment, moments_of
from llmops_cli.evals.semantic.facts.names import initials_match, names_of, supported
from llmops_cli.evals.semantic.facts.polarity import polarity_conflicts, polarity_of
from llmops_cli.evals.semantic.facts.quantities import Quantity, quantities_of
from llmops_cli.evals.semantic.facts.tokens import Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

KINDS = ("numbers", "dates", "negation", "names", "order")
"""What is compared. Units belong to numbers: 5 mg is not 5 g, and is 0.005 g."""

_SAME_WORDS = 0.8


@dataclass(frozen=True, slots=True)
class Conflict:
    """One disagreement in words. `grave`: the expected text says otherwise; else it says nothing about it."""

    kind: str
    message: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says, as far as it can be read."""

    tokens: Sequence[Token]
    moments: Sequence[Moment]
    quantities: Sequence[Quantity]
    names: Mapping[str, str]
    words: frozenset[str]


def find_conflicts(answer: str, reference: str, source: str, kinds: Collection[str]) -> tuple[Conflict, ...]:
    """Return the disagreements of the given kinds. What `source` says as well is no addition."""
    ours, theirs = tokens_of(answer), tokens_of(reference)
    mine, expected = _facts(ours, theirs), _facts(theirs, ours)
    known = _facts(tokens_of(source), ours) if source else None
    found: list[Conflict] = []
    if "numbers" in kinds:
        found += _numbers(mine, expected, known)
    if "dates" in kinds:
        found += _dates(mine, expected, known)
    if "negation" in kinds:
        found += [
            Conflict("negation", m, grave=True) for m in polarity_conflicts(polarity_of(ours), polarity_of(theirs))
        ]
    if "names" in kinds:
        found += _names(mine, expected, known)
    if "order" in kinds and not found:
        found += _order(mine, expected)
    return tuple(found)


def _facts(tokens: Sequence[Token], other: Sequence[Token]) -> Facts:
    moments, taken = moments_of(tokens)
    return Facts(
        tokens=tokens,
        moments=moments,
        quantities=quantities_of(tokens, taken),
        names=names_of(tokens, taken, other),
        words=frozenset(token.lower.removesuffix("'s") for token in tokens),
    )


def _numbers(mine: Facts, expected: Facts, known: Facts | None) -> Iterator[Conflict]:
    free = [q for q in expected.quantities if not q.weak and not _stated(q, mine)]
    for quantity in mine.quantities:
        if quantity.weak or _stated(quantity, expected):
            continue
        other = next((q for q in free if q.kind == quantity.kind or q.number == quantity.number), None)
        if other is not None:
            free.remove(other)
            yield Conflict("numbers", f"says {quantity.written} where {other.written} is expected", grave=True)
        elif known is None or not _stated(quantity, known):
            yield Conflict("numbers", f"adds the number {quantity.written}", grave=False)


def _stated(quantity: Quantity, facts: Facts) -> bool:
    in_dates = {number for moment in facts.moments for number in moment.numbers()}
    return any(quantity.agrees(q) for q in facts.quantities) or (not quantity.kind and quantity.number in in_dates)


def _dates(mine: Facts, expected: Facts, known: Facts | None) -> Iterator[Conflict]:
    free = [m for m in expected.moments if not _dated(m, mine)]
    for moment in mine.moments:
        if _dated(moment, expected):
            continue
        other = next((m for m in free if m.kind == moment.kind), None)
        if other is not None:
            free.remove(other)
            yield Conflict("dates", f"says {moment.written} where {other.written} is expected", grave=True)
        elif known is None or not _dated(moment, known):
            yield Conflict("dates", f"adds the {moment.kind} {moment.written}", grave=False)


def _dated(moment: Moment, facts: Facts) -> bool:
    numbers = {q.number for q in facts.quantities if not q.kind and not q.weak}
    only_numbers = moment.kind == "date" and set(moment.numbers()) and set(moment.numbers()) <= numbers
    return any(moment.agrees(m) for m in facts.moments) or bool(only_numbers)


def _names(mine: Facts, expected: Facts, known: Facts | None) -> Iterator[Conflict]:
    free = [
        name
        for name in expected.names
        if not supported(name, mine.names, mine.words) and not initials_match(name, mine.names, expected.names)
    ]
    for name, written in mine.names.items():
        if supported(name, expected.names, expected.words) or initials_match(name, expected.names, mine.names):
            continue
        if free:
            missing = expected.names[free.pop(0)]
            yield Conflict("names", f"says {written} where {missing} is expected", grave=True)
        elif known is None or not supported(name, known.names, known.words):
            yield Conflict("names", f"adds the name {written}", grave=False)


def _order(mine: Facts, expected: Facts) -> Iterator[Conflict]:
    """The same words with their names or numbers in another order say something else: who paid whom."""
    ours, theirs = (Counter(t.lower for t in facts.tokens if t.text[0].isalnum()) for facts in (mine, expected))
    largest = max(ours.total(), theirs.total())
    if not largest or (ours & theirs).total() < _SAME_WORDS * largest or ours["by"] != theirs["by"]:
        return
    anchors = set(mine.names) | {t.lower for t in mine.tokens if t.is_number}
    order = [[t.lower for t in facts.tokens if t.lower.removesuffix("'s") in anchors] for facts in (mine, expected)]
    if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
        yield Conflict("order", f"names in another order: {', '.join(order[0][:4])}", grave=True)
