"""Puts pieces of template text next to each other so that each means what it meant alone.

Two things reach across a border: white space control (`{%-` eats the white space before it, wherever that
came from) and a brace at the end of one text that makes a tag with the start of the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmops_cli.registry.templates.template_source import LexedPiece

_BEGINS = {"block_begin": "{% ", "variable_begin": "{{ ", "comment_begin": "{# "}
_ENDS = {"block_end": " %}", "variable_end": " }}", "comment_end": " #}"}
_TAG_STARTS = ("{", "%", "#")
_LITERAL_BRACE = "{% raw %}{{% endraw %}"


@dataclass(frozen=True, slots=True)
class Include:
    """The place of a partial."""

    partial: str


def split_pieces(tokens: Sequence[LexedPiece]) -> tuple[str | Include, ...]:
    """Return texts without white space control, and the includes between them.

    The lexer has already taken away what `{%-` and `-%}` strip, so the signs can go.
    """
    pieces: list[str | Include] = []
    texts: list[str] = []
    position = 0
    while position < len(tokens):
        end = _end_of_include(tokens, position)
        if end:
            pieces.append("".join(texts))
            pieces.append(Include(next(t.text for t in tokens[position:end] if t.kind == "string")[1:-1]))
            texts, position = [], end
        else:
            text, position = _neutral(tokens, position)
            texts.append(text)
    pieces.append("".join(texts))
    return tuple(piece for piece in pieces if piece != "")


def join_pieces(pieces: Iterable[str]) -> str:
    """Return whole texts as one; a brace that would begin a tag only because of its neighbour becomes literal."""
    return "".join(_guarded([piece for piece in pieces if piece]))


def _guarded(pieces: Sequence[str]) -> Iterator[str]:
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        if piece.endswith("{") and following.startswith(_TAG_STARTS):
            yield piece[:-1] + _LITERAL_BRACE
        else:
            yield piece


def _end_of_include(tokens: Sequence[LexedPiece], start: int) -> int | None:
    """Return the index after an include that starts here."""
    if tokens[start].kind != "block_begin":
        return None
    end = next((i for i in range(start, len(tokens)) if tokens[i].kind == "block_end"), len(tokens) - 1)
    name = next((token.text for token in tokens[start:end] if token.kind == "name"), "")
    return end + 1 if name == "include" else None


def _neutral(tokens: Sequence[LexedPiece], position: int) -> tuple[str, int]:
    """Return the text of one token (of a whole raw block) without signs, and the index after it."""
    _, kind, text = tokens[position]
    if kind == "raw_begin":
        end = next(i for i in range(position, len(tokens)) if tokens[i].kind == "raw_end")
        literal = "".join(token.text for token in tokens[position + 1 : end])
        return f"{{% raw %}}{literal}{{% endraw %}}", end + 1
    if kind == "data" and text.endswith("{") and position + 1 < len(tokens):
        # with the white space after it stripped, the brace would touch the tag that follows
        return text[:-1] + _LITERAL_BRACE, position + 1
    if kind in _BEGINS and text[-1:] in "-+":
        return _BEGINS[kind], position + 1
    if kind in _ENDS and text[:1] in "-+":
        return _ENDS[kind], position + 1
    return text, position + 1
