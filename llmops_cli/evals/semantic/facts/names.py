"""Names of people, places, products: words with a capital letter, as far as English spelling gives them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.evals.semantic.facts.tokens import word_set
from llmops_cli.evals.semantic.facts.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.evals.semantic.facts.tokens import Token

_NO_NAMES = word_set(
    "i mr mrs ms dr prof sir madam dear the a an it he she they we you this that these those there his her their our "
    "my your its in on at by for from with and but or so if when while after before since until because although as "
    "to of no not yes please thank thanks hello hi all some most many each every both either neither one two what who "
    "where why how which will can could would should may might must do does did is are was were be has have had let "
    "here then now today tomorrow yesterday however also ok us am pm"
)
_PREFIX = 4
"""So many common letters make two forms of one name: Germany and German."""

_SIMILAR_SENTENCES = 0.6
_CAPITALISED_TEXT = 0.6
_FEW_WORDS = 6


def names_of(tokens: Sequence[Token], taken: frozenset[int], other: Sequence[Token]) -> Mapping[str, str]:
    """Return the names of a text, in lower case → as written, in order.

    A capital at the beginning of a sentence says nothing by itself: there a word is a name where the next one
    has a capital too, where either text has it with a capital elsewhere, or where the other text has the same
    sentence with another word in its place.
    """
    if _capitalised_throughout(tokens):
        return {}
    inside = {t.lower for t in (*tokens, *other) if not t.first and _is_capital(t)}
    lower = {t.text for t in (*tokens, *other) if t.text == t.lower}
    found: dict[str, str] = {}
    for place, token in enumerate(tokens):
        word = token.lower.removesuffix("'s")
        if place in taken or not _is_capital(token) or _is_no_name(word):
            continue
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        begins_name = following is not None and _is_capital(following) and following.lower not in _NO_NAMES
        sure = not token.first or word in inside or begins_name or token.text[1:] != token.text[1:].lower()
        if sure or (word not in lower and _replaced(token, tokens, other)):
            found.setdefault(word, token.text.removesuffix("'s").removesuffix("’s"))
    return found


def supported(name: str, names: Mapping[str, str], words: frozenset[str]) -> bool:
    """Tell whether a text with these names and words has the name, or another form of it."""
    if name in words or name in names:
        return True
    if any(name[:_PREFIX] == known[:_PREFIX] and min(len(name), len(known)) > _PREFIX for known in names):
        return True
    initials = "".join(known[0] for known in names)
    return len(name) > 1 and name in initials  # "UN" for "United Nations"


def initials_match(name: str, acronyms: Mapping[str, str], names: Mapping[str, str]) -> bool:
    """Tell whether a name is a part of what the other text writes as initials."""
    initials = "".join(known[0] for known in names)
    return any(known.isupper() and acronym in initials and name[0] in acronym for acronym, known in acronyms.items())


def _is_capital(token: Token) -> bool:
    return token.is_word and token.text[0].isupper()


def _is_no_name(word: str) -> bool:
    return len(word) == 1 or word in _NO_NAMES or word in _DATE_WORDS or word in UNITS


_DATE_WORDS = word_set(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays"
)


def _capitalised_throughout(tokens: Sequence[Token]) -> bool:
    """Tell whether capitals say nothing here: a title, or a text all in capitals."""
    words = [token for token in tokens if token.is_word and len(token.text) > 3]  # noqa: PLR2004 - "of" stays small
    return len(words) >= _FEW_WORDS and sum(map(_is_capital, words)) > _CAPITALISED_TEXT * len(words)


def _replaced(token: Token, tokens: Sequence[Token], other: Sequence[Token]) -> bool:
    mine = {t.lower for t in tokens if t.sentence == token.sentence} - {token.lower}
    for first in (t for t in other if t.first and t.is_word and t.lower != token.lower):
        theirs = {t.lower for t in other if t.sentence == first.sentence} - {first.lower}
        together = mine | theirs
        if len(together) > 1 and len(mine & theirs) >= _SIMILAR_SENTENCES * len(together):
            return first.lower not in _NO_NAMES
    return False
