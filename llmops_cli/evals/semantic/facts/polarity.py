"""What a text affirms and what it denies: `not`, `never`, `un-`, and pairs of opposites."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.evals.semantic.facts.tokens import stem, word_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.evals.semantic.facts.tokens import Token

NEGATORS = word_set(
    "not no never without none neither nor nobody nothing cannot hardly barely unable lacks lack lacking "
    "failed fails fail refuses refused declined declines stopped stops"
)
# both sides of a row are opposites; `!` marks those whose right side denies what its sentence speaks of
_OPPOSITES = """
! open opened opens | closed close closes shut
! approved approve approves accepted accepts granted | rejected reject rejects denied deny denies refused declined
rose rise rises increased increase increases grew grow climbed | fell fall falls decreased decrease dropped declined
more higher above greater over | fewer less lower below under
before earlier | after later
included includes include including | excluded excludes exclude excluding
! allowed allow allows permitted | forbidden forbid prohibited banned
! safe | unsafe dangerous
! enabled enable enables | disabled disable disables
! true correct | false incorrect wrong
! passed passes succeeded succeeds successful | failed fails unsuccessful
won wins | lost loses
bought buys buy | sold sells sell
always | never
best | worst
first | last
start starts started begins began | end ends ended
full | empty
maximum most at-most | minimum least
required mandatory compulsory | optional voluntary
! present | absent
alive | dead
guilty convicted | innocent acquitted
public | private
internal | external
credit credited | debit debited
import imports imported | export exports exported
profit profits | loss losses
win | loss
left | right
north northern | south southern
east eastern | west western
positive | negative
cheaper cheap | dearer expensive
faster fast | slower slow
"""
_SKIPPED = word_set(
    "a an the be been being is are was were am do does did has have had will would can could should must might to any "
    "yet longer more also ever even very so too of in on at for by it its this that these those they them he she his "
    "her we you your our their i me my and or but than then there been all much only just"
)
_PREFIXES = ("un", "in", "im", "ir", "dis", "non")
_SCOPE = 4
_SHORTEST_BASE = 4


def _read_opposites() -> Mapping[str, tuple[tuple[str, int], ...]]:
    table: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, row in enumerate(filter(None, _OPPOSITES.splitlines())):
        for sign, side in zip((1, -1), row.removeprefix("! ").split("|"), strict=True):
            for word in side.split():
                table[word].append((f"{number}", sign))
    return {word: tuple(rows) for word, rows in table.items()}


_TABLE = _read_opposites()
_DENIALS = word_set(" ".join(row.partition("|")[2] for row in _OPPOSITES.splitlines() if row.startswith("! ")))


@dataclass(slots=True)
class Polarity:
    """The signs under which a text's words and opposites occur, and which sentences deny anything."""

    signs: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    denied: dict[str, str] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


def polarity_of(tokens: Sequence[Token]) -> Polarity:
    """Return what a text affirms and denies."""
    found = Polarity()
    denying = {token.sentence for token in tokens if _denies(token.lower)}
    scope = 0
    for token in tokens:
        word = token.lower
        if not token.is_word:
            scope = 0 if token.text in ",;:.!?()" else scope
            continue
        found.words.add(stem(word))
        for concept, sign in _TABLE.get(word, ()):
            found.signs[concept].setdefault(-sign if scope else sign, token.text)
        if _is_negator(word):
            scope = _SCOPE
        elif word not in _SKIPPED:
            if scope:
                found.denied.setdefault(stem(word), token.text)
                scope = 0
            elif token.sentence not in denying:
                found.plain.setdefault(stem(word), token.text)
        scope = max(scope - 1, 0)
    return found


def polarity_conflicts(answer: Polarity, reference: Polarity) -> list[str]:
    """Return what one text denies and the other affirms, as ends of sentences."""
    found = []
    for concept, signs in answer.signs.items():
        expected = reference.signs.get(concept, {})
        if expected and not set(signs) & set(expected):
            found.append(f"says '{next(iter(signs.values()))}' where '{next(iter(expected.values()))}' is expected")
    if found:
        return found
    for word, written in answer.denied.items():
        if word in reference.plain and word not in reference.denied:
            found.append(f"denies '{written}', which the expected text affirms")
    for word, written in reference.denied.items():
        if word in answer.plain and word not in answer.denied:
            found.append(f"affirms '{answer.plain[word]}', which the expected text denies ('{written}')")
    return found or _prefixed(answer, reference, "denies") or _prefixed(reference, answer, "affirms")


def _prefixed(one: Polarity, other: Polarity, verb: str) -> list[str]:
    """Find `unavailable` in one text where the other has `available`, without a denial around either."""
    for word, written in one.plain.items():
        for prefix in _PREFIXES:
            base = word.removeprefix(prefix)
            if base != word and len(base) >= _SHORTEST_BASE and base in other.plain and base not in one.words:
                said = written if verb == "denies" else other.plain[base]
                return [f"{verb} it ('{said}'), unlike the expected text"]
    return []


def _is_negator(word: str) -> bool:
    return word in NEGATORS or word.endswith("n't")


def _denies(word: str) -> bool:
    return _is_negator(word) or word in _DENIALS
