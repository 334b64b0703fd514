"""Sections that fit: what matters least is left out first, and what was left out is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMENT_LIMIT = 65_536
"""Characters that GitHub takes in a comment (REST API, 422 beyond it)."""

SUMMARY_LIMIT = 1_048_576
"""Bytes that the runner takes in a step summary; a larger one is dropped whole."""


_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A piece of the page. `rank` 0 always stays; of the others the highest goes first. `name` is its kind in words."""

    text: str
    rank: int = 0
    name: str = ""


def characters(text: str) -> int:
    """Count as JavaScript and MySQL do, a letter beyond the basic plane as two: never fewer than GitHub counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Count the bytes of a file."""
    return len(text.encode("utf-8", "surrogatepass"))


def laid_out(sections: Sequence[Section], *, limit: int, measure: Callable[[str], int], elsewhere: str) -> str:
    """Return the sections as one text of at most `limit`, in order; `elsewhere` says where the whole is.

    Where not even what always stays fits, that goes too, the last first: the text never is longer than the limit.
    `measure` counts a text as the sum of its parts.
    """
    sizes = [measure(section.text) + len(_BETWEEN) for section in sections]
    # what goes next stands at the end; of two equal ranks the later section goes first
    order = sorted(range(len(sections)), key=lambda place: (sections[place].rank, place))
    left_out: Counter[str] = Counter()
    total, remark = sum(sizes), ""
    while order and total + measure(remark) > limit:
        place = order.pop()
        total -= sizes[place]
        left_out[sections[place].name or "part"] += 1
        named = ", ".join(f"{number} × {name}" for name, number in left_out.items())
        remark = f"*Left out for its size: {named}. {elsewhere}*\n"
    if not order and sections:
        return ""
    texts = [sections[place].text for place in sorted(order)]
    return _BETWEEN.join([*texts, remark] if remark else texts) + ("" if remark else "\n")
