"""Words as ROUGE counts them, and as languages beyond English need them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmops_cli.evals.measuring.metric_base import CannotMeasureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmops_cli.core.json_value import JsonObject

    Words = Callable[[str], Sequence[str]]

STEM: JsonObject = {
    "description": "Whether words of more than 3 letters are cut to their English stem (Porter), so that `meeting` "
    "and `meetings` are the same.",
    "type": "boolean",
    "default": False,
}
"""The schema of the `stem` parameter."""

LETTERS: JsonObject = {
    "description": "`ascii` takes runs of a-z and 0-9 for words, as ROUGE is defined, and sees nothing else. "
    "`unicode` takes the letters of every script; each Chinese, Japanese or Thai character is a word.",
    "type": "string",
    "enum": ["ascii", "unicode"],
    "default": "ascii",
}
"""The schema of the `letters` parameter."""

_ASCII = re.compile(r"[a-z0-9]+")
# scripts that put no blanks between words: Thai to Myanmar, kana, Han, half-width kana
_UNICODE = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]+"
)
_SHORTEST_STEMMED = 4


def words_for(parameters: JsonObject) -> Words:
    """Return the way from a text to its words, in lower case, under the parameters `stem` and `letters`."""
    pattern = _ASCII if parameters["letters"] == "ascii" else _UNICODE
    stem = _stemmer() if parameters["stem"] else None

    def words(text: str) -> Sequence[str]:
        found = pattern.findall(text.lower())
        return found if stem is None else [stem(w) if len(w) >= _SHORTEST_STEMMED else w for w in found]

    return words


def reference_words(words: Words, text: str) -> Sequence[str]:
    """Return the words of an expected text.

    Raises:
        CannotMeasureError: when it has none; a 0 would say that the answer is wrong.
    """
    found = words(text)
    if not found:
        message = "the expected text has no word that ROUGE sees (for other scripts than Latin: letters: unicode)"
        raise CannotMeasureError(message)
    return found


def _stemmer() -> Callable[[str], str]:
    # the stemmer of rouge-score, so that the numbers are its numbers
    from nltk.stem.porter import PorterStemmer  # noqa: PLC0415 - 0.3 s that only `stem` needs

    stemmer: Any = PorterStemmer()
    known: dict[str, str] = {}

    def stem(word: str) -> str:
        if word not in known:
            known[word] = stemmer.stem(word)
        return known[word]

    return stem
