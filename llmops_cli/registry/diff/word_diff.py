"""What changed between two texts, in words: the pieces that stayed, went and came.

Three steps keep a megabyte of text quick and the result readable. Equal ends are set aside; lines that occur
once in both texts anchor what is left (a patience diff); between two anchors the longest common subsequence
of words decides. Where even that would be too large (millions of words without a common line), the
stretch counts as replaced. Then equal blanks between two changed words join the change, since
nobody reads a rewritten sentence word by word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Block = tuple[int, int, int]

# a line end; blanks; one letter of a script that writes no blanks; a word; any other character
_WORD = re.compile(
    r"\r?\n|[^\S\n]+|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W\u3040-\u9fff\uac00-\ud7af]+|.",
    re.DOTALL,
)

_LARGEST_PRODUCT = 100_000_000
"""Words times words that one common-subsequence search may span; its memory is an eighth of it in bytes."""


class PieceKind(StrEnum):
    """What happened to a piece of text."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; the equal and deleted ones make the old text, the equal and inserted ones the new."""

    kind: PieceKind
    text: str


def diff_words(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces in order; a deletion stands before the insertion that replaces it.

    Neighbours differ in kind and no piece is empty: equal texts give one equal piece, or none.
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    return tuple(_pieces(before, after, _matching(before, after)))


def is_changed(pieces: Iterable[Piece]) -> bool:
    """Tell whether any piece went or came."""
    return any(piece.kind is not PieceKind.EQUAL for piece in pieces)


def old_text(pieces: Iterable[Piece]) -> str:
    """Put the old text together again."""
    return "".join(piece.text for piece in pieces if piece.kind is not PieceKind.INSERT)


def new_text(pieces: Iterable[Piece]) -> str:
    """Put the new text together: what applying the diff to the old one gives."""
    return "".join(piece.text for piece in pieces if piece.kind is not PieceKind.DELETE)


def _matching(old: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Yield (place in old, place in new, length) of what stays, in order."""
    head = _common_start(old, new)
    tail = _common_start(old[: head - 1 if head else None : -1], new[: head - 1 if head else None : -1])
    old_end, new_end = len(old) - tail, len(new) - tail
    yield 0, 0, head
    yield from _between(old, new, (head, old_end), (head, new_end))
    yield old_end, new_end, tail


def _between(
    old: Sequence[str], new: Sequence[str], old_span: tuple[int, int], new_span: tuple[int, int]
) -> Iterator[Block]:
    """Match a stretch by its unique lines, then the gaps between them by words."""
    old_lines, new_lines = _lines(old, *old_span), _lines(new, *new_span)
    texts = [[line.text for line in lines] for lines in (old_lines, new_lines)]
    old_at, new_at = old_span[0], new_span[0]
    for old_index, new_index in _anchors(*texts):
        left, right = old_lines[old_index], new_lines[new_index]
        yield from _common_words(old, new, (old_at, left.start), (new_at, right.start))
        yield left.start, right.start, left.end - left.start
        old_at, new_at = left.end, right.end
    yield from _common_words(old, new, (old_at, old_span[1]), (new_at, new_span[1]))


def _common_words(
    old: Sequence[str], new: Sequence[str], old_span: tuple[int, int], new_span: tuple[int, int]
) -> Iterator[Block]:
    left, right = old[slice(*old_span)], new[slice(*new_span)]
    if not left or not right:
        return
    if len(left) * len(right) > _LARGEST_PRODUCT:
        old_at, new_at = old_span[0], new_span[0]
        yield from ((old_at + i, new_at + j, 1) for i, j in _anchors(left, right))
        return
    from rapidfuzz.distance import LCSseq

    for step in LCSseq.opcodes(left, right):
        if step.tag == "equal":
            yield old_span[0] + step.src_start, new_span[0] + step.dest_start, step.src_end - step.src_start


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int
    end: int


def _lines(words: Sequence[str], start: int, end: int) -> list[_Line]:
    lines: list[_Line] = []
    first = start
    for place in range(start, end):
        if words[place].endswith("\n") or place == end - 1:
            lines.append(_Line("".join(words[first : place + 1]), first, place + 1))
            first = place + 1
    return lines


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest rising chain of items that occur exactly once on both sides."""
    once = _once(old) & _once(new)
    place_in_new = {item: place for place, item in enumerate(new) if item in once}
    pairs = [(place, place_in_new[item]) for place, item in enumerate(old) if item in once]
    return _longest_rising(pairs, key=lambda pair: pair[1])


def _once(items: Sequence[str]) -> set[str]:
    return {item for item, count in Counter(items).items() if count == 1 and not item.isspace()}


def _longest_rising(pairs: Sequence[tuple[int, int]], key: Callable[[tuple[int, int]], int]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose keys rise (patience sorting, n log n)."""
    tops: list[int] = []
    top_pairs: list[int] = []
    previous: list[int | None] = []
    for index, pair in enumerate(pairs):
        pile = bisect_left(tops, key(pair))
        previous.append(top_pairs[pile - 1] if pile else None)
        tops[pile : pile + 1] = [key(pair)]
        top_pairs[pile : pile + 1] = [index]
    chain_: list[tuple[int, int]] = []
    at = top_pairs[-1] if top_pairs else None
    while at is not None:
        chain_.append(pairs[at])
        at = previous[at]
    return chain_[::-1]


def _common_start(old: Sequence[str], new: Sequence[str]) -> int:
    return next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _pieces(old: Sequence[str], new: Sequence[str], blocks: Iterable[Block]) -> Iterator[Piece]:
    gone: list[str] = []
    came: list[str] = []
    kept: list[str] = []
    old_at = new_at = 0
    for old_start, new_start, length in chain(blocks, [(len(old), len(new), 0)]):
        if old_start > old_at or new_start > new_at:
            # blanks between two changes in a line belong to both of them
            if (gone or came) and kept and all(word.isspace() and "\n" not in word for word in kept):
                gone += kept
                came += kept
            else:
                yield from _told(gone, came, kept)
                gone, came = [], []
            kept = []
            gone += old[old_at:old_start]
            came += new[new_at:new_start]
        kept += old[old_start : old_start + length]
        old_at, new_at = old_start + length, new_start + length
    yield from _told(gone, came, kept)


def _told(gone: Sequence[str], came: Sequence[str], kept: Sequence[str]) -> Iterator[Piece]:
    for kind, words in ((PieceKind.DELETE, gone), (PieceKind.INSERT, came), (PieceKind.EQUAL, kept)):
        if words:
            yield Piece(kind, "".join(words))
