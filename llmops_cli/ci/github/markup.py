"""Text of others in our Markdown: never markup, a link, a picture, a mention or a reference.

GitHub reads Markdown twice: the syntax itself, and then words in what is left as plain text (@name, #12,
GH-12, commits, addresses), where no backslash helps. Inside code neither happens. So text of others is put
into fences and code spans; in sentences every word that is not plainly a word becomes a code span.
"""

from __future__ import annotations

import html
import re
from itertools import groupby

from llmops_cli.core.safe_text import safe_text, shortened

LONGEST_SPAN = 200

_BACKTICKS = re.compile("`+")
# letters and digits of any script, and the signs that no reader of Markdown gives a meaning to inside a word
_PLAIN_WORD = re.compile(r"[(\"'“+−–-]*[^\W_](?:[^\W_]|(?<=\d)/(?=\d)|[.,'’%…+−–-])*[)\"'”’.,:;?…%]*")
_PLAIN_SIGNS = frozenset({"–", "→", "…", "×"})
_LONGEST_PLAIN_WORD = 40
# GitHub looks for issues and commits between any two signs, so `v2-GH-12` and `merge-0a1b2c3` hold one too
_LINKED = re.compile(r"(?i)www\.|\bgh-\d|\b[0-9a-f]{7,64}\b|\.(?:com|org|net|io|dev)\b")
_LIST_NUMBER = re.compile(r"\d{1,9}[.)]")


def code(text: str, *, in_table: bool = False, limit: int = LONGEST_SPAN) -> str:
    """Return `text` as one code span of at most `limit` characters, whatever it contains."""
    shown = shortened(safe_text(text, one_line=True), limit)
    if not shown.strip():
        shown = "(empty)" if not shown else "(blank)"
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    # a table is cut at bars before anything else is read, also inside of code
    return f"{fence}{pad}{shown.replace('|', chr(92) + '|') if in_table else shown}{pad}{fence}"


def html_code(text: str, *, limit: int = LONGEST_SPAN) -> str:
    """Return `text` as a `<code>` element, for places where GitHub reads HTML: the summary of a folded part."""
    return f"<code>{html.escape(shortened(safe_text(text, one_line=True), limit))}</code>"


def fenced(text: str, language: str = "text", *, limit: int = 2000) -> str:
    """Return `text` as a fenced block whose fence is longer than any run of backticks in it."""
    shown = shortened(safe_text(text), limit)
    fence = "`" * max(_longest_run(shown) + 1, 3)
    return f"{fence}{language}\n{shown}\n{fence}"


def prose(text: str, *, in_table: bool = False) -> str:
    """Return a sentence of ours that may quote others; what is not plainly words becomes code spans."""
    words = safe_text(text, one_line=True).split()
    shown: list[str] = []
    for strange, group in groupby(enumerate(words), key=lambda item: not _is_plain(item[1], first=item[0] == 0)):
        together = " ".join(word for _, word in group)
        shown.append(_strange(together, in_table=in_table) if strange else together)
    return " ".join(shown)


def _strange(words: str, *, in_table: bool) -> str:
    """Return a code span with the punctuation of our own sentence outside of it."""
    inner = words.rstrip(".,;:")
    if not inner:
        return code(words, in_table=in_table)
    return code(inner, in_table=in_table) + words[len(inner) :]


def _is_plain(word: str, *, first: bool) -> bool:
    if word in _PLAIN_SIGNS:
        return not first
    if len(word) > _LONGEST_PLAIN_WORD or not _PLAIN_WORD.fullmatch(word) or _LINKED.search(word):
        return False
    return not (first and (_LIST_NUMBER.fullmatch(word) or word[0] in "+-"))


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
