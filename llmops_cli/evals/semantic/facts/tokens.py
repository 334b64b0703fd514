"""A text as words, numbers and signs, sentence by sentence; what all kinds of facts are read from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# a clock time and an ISO date stay whole; no part of the pattern can match a text in two ways
_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}(?!\d)|\d{1,2}:\d{2}(?!\d)|\d{1,2}/\d{1,2}/\d{4}(?!\d)"
    r"|\d+(?:,\d{3})*(?:\.\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)*|\S"
)
_ENDS = frozenset(".!?;:\n")
_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "vs", "e", "g", "i", "a", "p", "u"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign as written, in lower case, the number of its sentence, and whether it begins it."""

    text: str
    lower: str
    sentence: int
    first: bool

    @property
    def is_word(self) -> bool:
        """Whether it is made of letters."""
        return self.text[0].isalpha()

    @property
    def is_number(self) -> bool:
        """Whether it begins with a digit."""
        return self.text[0].isdigit()


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(listed.split())


def tokens_of(text: str) -> Sequence[Token]:
    """Return the tokens of a text, in order."""
    found: list[Token] = []
    sentence, first, previous = 0, True, ""
    for line in text.splitlines():
        for match in _TOKEN.finditer(line):
            written = match.group()
            lower = written.lower().replace("’", "'")
            found.append(Token(written, lower, sentence, first and written[0].isalnum()))
            if written in _ENDS and not (written == "." and previous in _ABBREVIATIONS):
                sentence, first = sentence + 1, True
            elif written[0].isalnum():
                first = False
            previous = lower
        sentence, first, previous = sentence + 1, True, ""
    return found


def stem(word: str) -> str:
    """Return a word without its commonest English endings, roughly: enough to find it again in another form."""
    word = word.removesuffix("'s").removesuffix("n't")
    for ending in ("ations", "ation", "ingly", "edly", "ings", "ing", "ied", "ies", "als", "al", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:  # noqa: PLR2004 - what is left has to be a word
            return word.removesuffix(ending).removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word  # noqa: PLR2004 - as above
