"""Numbers with their units: `30 days`, `$1.2 million`, `forty percent`, `3rd`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.semantic.facts.number_words import ORDINALS, SCALES, SHORT_SCALES, read_words
from llmops_cli.evals.semantic.facts.units import CURRENCY_SIGNS, LETTERS_ONLY_AFTER_DIGITS, ROUGH, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.semantic.facts.tokens import Token

_ROUGHLY = frozenset({"about", "around", "roughly", "approximately", "nearly", "almost", "some", "over", "circa"})
_WEAK = {"a": 1.0, "an": 1.0, "one": 1.0, "once": 1.0, "single": 1.0, "both": 2.0, "pair": 2.0, "twice": 2.0}
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_HALVES = {"half": 50.0}
_TOLERANCE = 1e-6
_ROUGH_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as its text gives it, in the basic unit of what it measures (empty: it counts things).

    `weak` ones (`a`, `one`, `both`) may agree with a number of the other text but never contradict it.
    """

    written: str
    number: float
    kind: str
    amount: float
    rough: bool = False
    weak: bool = False

    def agrees(self, other: Quantity) -> bool:
        """Tell whether both say the same."""
        tolerance = _ROUGH_TOLERANCE if self.rough or other.rough else _TOLERANCE
        if self.kind and other.kind and self.kind != other.kind:
            celsius = {q.kind: q.amount for q in (self, other)}
            if set(celsius) == {"degrees Celsius", "degrees Fahrenheit"}:
                as_fahrenheit = celsius["degrees Celsius"] * 9 / 5 + 32
                return abs(as_fahrenheit - celsius["degrees Fahrenheit"]) <= 1
            return False
        if self.kind and other.kind:
            return math.isclose(self.amount, other.amount, rel_tol=tolerance)
        return math.isclose(self.number, other.number, rel_tol=tolerance)


def quantities_of(tokens: Sequence[Token], taken: frozenset[int]) -> tuple[Quantity, ...]:
    """Return the quantities of a text; the tokens numbered in `taken` belong to dates."""
    words = [token.lower for token in tokens]
    found: list[Quantity] = []
    place = 0
    while place < len(tokens):
        read = None if place in taken else _read(tokens, words, place)
        if read is None:
            place += 1
            continue
        quantity, length = read
        found.append(quantity)
        place += length
    return tuple(found)


def _read(tokens: Sequence[Token], words: Sequence[str], place: int) -> tuple[Quantity, int] | None:
    token = tokens[place]
    if token.is_number and token.text.replace(",", "").replace(".", "").isascii():
        if ":" in token.text or "-" in token.text or "/" in token.text:
            return None
        value, length = float(token.text.replace(",", "")), 1
    elif token.lower in _HALVES:
        return Quantity(token.text, 0.5, "percent", _HALVES[token.lower], weak=True), 1
    elif token.lower in ORDINALS:
        return Quantity(token.text, ORDINALS[token.lower], "", ORDINALS[token.lower]), 1
    elif token.lower in _WEAK:
        return _weak(tokens, words, place)
    else:
        read = read_words(words, place)
        if read is None:
            return None
        value, length = read
    return _with_unit(tokens, words, place, (value, length))


def _weak(tokens: Sequence[Token], words: Sequence[str], place: int) -> tuple[Quantity, int]:
    number = _WEAK[words[place]]
    unit = words[place + 1] if place + 1 < len(words) else ""
    if unit in UNITS and unit not in LETTERS_ONLY_AFTER_DIGITS:
        kind, size = UNITS[unit]
        # "one day" counts; "a day" as in "twice a day" does not
        strong = words[place] in {"one", "single"}
        rough = unit in ROUGH
        return Quantity(f"{tokens[place].text} {unit}", number, kind, number * size, rough=rough, weak=not strong), 2
    return Quantity(tokens[place].text, number, "", number, weak=True), 1


def _with_unit(
    tokens: Sequence[Token], words: Sequence[str], place: int, read: tuple[float, int]
) -> tuple[Quantity, int]:
    value, length = read
    after = place + length
    money = UNITS[words[place - 1]][0] if place > 0 and words[place - 1] in CURRENCY_SIGNS else ""
    following = words[after] if after < len(words) else ""
    if following in SCALES or (following in SHORT_SCALES and (money or following == "k")):
        value *= SCALES.get(following) or SHORT_SCALES[following]
        after += 1
        following = words[after] if after < len(words) else ""
    elif following in _ORDINAL_ENDINGS and tokens[place].is_number:
        after += 1
        following = ""
    if following in {"-", "°", "degrees", "degree"} and after + 1 < len(words):
        following = {"c": "celsius", "f": "fahrenheit"}.get(words[after + 1], words[after + 1])
        after += following in UNITS
    rough = following in ROUGH or (place > 0 and words[place - 1] in _ROUGHLY)
    fits = following in UNITS and (tokens[place].is_number or following not in LETTERS_ONLY_AFTER_DIGITS)
    kind, size = (money, 1.0) if money else UNITS[following] if fits else ("", 1.0)
    after += fits and not money
    sign = tokens[place - 1].text if money else ""
    # a percent sign and the like stand right behind the number, words do not
    written = sign + " ".join(token.text for token in tokens[place:after]).replace(" %", "%")
    return Quantity(written, value, kind, value * size, rough=rough), max(after - place, 1)
