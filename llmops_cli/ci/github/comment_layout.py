"""Sections that fit: what matters least is left out first, and what was left out is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMENT_LIMIT = 65_536
"""Characters that GitHub takes in a comment (REST API, 422 beyond it)."""

SUMMARY_LIMIT = 1_048_576
"""Bytes that the runner takes in a step summary; a larger one is dropped whole."""


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

    When not even what always stays fits, the text is cut at a section, and never is longer than the limit.
    """
    kept = list(sections)
    left_out: dict[str, int] = {}
    while measure(text := _joined(kept, left_out, elsewhere)) > limit:
        place = max(range(len(kept)), key=lambda index: (kept[index].rank, index), default=None)
        if place is None:
            return ""
        gone = kept.pop(place)
        left_out[gone.name or "part"] = left_out.get(gone.name or "part", 0) + 1
    return text


def _joined(kept: Sequence[Section], left_out: dict[str, int], elsewhere: str) -> str:
    texts = [section.text for section in kept]
    if left_out:
        named = ", ".join(f"{number} × {name}" for name, number in left_out.items())
        texts.append(f"*Left out for its size: {named}. {elsewhere}*")
    return "\n\n".join(texts) + "\n"
