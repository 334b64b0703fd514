"""Numbers written as English words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth"
_WORDS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
}
ORDINALS: Mapping[str, int] = {word: number for number, word in enumerate(_ORDINALS.split(), start=3)}
SCALES: Mapping[str, float] = {
    "hundred": 100,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12,
}
SHORT_SCALES: Mapping[str, float] = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9}
"""Letters behind an amount of money, or `k` behind any number."""


def read_words(words: Sequence[str], start: int) -> tuple[float, int] | None:
    """Return the number that begins at `start` and how many words it takes, or None."""
    total = 0.0
    current = 0.0
    place = start
    while place < len(words):
        word = words[place]
        if word in _WORDS:
            current += _WORDS[word]
        elif word in SCALES and place > start:
            current = (current or 1) * SCALES[word]
            if SCALES[word] > 100:  # noqa: PLR2004 - "two hundred thousand": hundreds are still being counted
                total, current = total + current, 0.0
        elif not (word in {"and", "-"} and place > start and place + 1 < len(words) and words[place + 1] in _WORDS):
            break
        place += 1
    return (total + current, place - start) if place > start else None
