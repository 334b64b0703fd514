"""Texts that a judge grades, fenced so that nothing in them can end the fence or pass for the rubric.

The fence is a marker of 128 random bits, drawn for each call, which the text is checked not to hold. Invisible and
reordering characters and the control tokens of chat templates are made visible, so that the judge reads what a
person would read; each kind that was found is flagged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.registry.documents.text_policy import scan_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST_TEXT = 100_000
"""Characters of one fenced text; a judge reads badly long before that."""

_DRAWS = 8
_LEAST_MARKER = 16
_CHAT_TOKEN = re.compile(
    r"<[|\uff5c]([^<>|\uff5c\n]{1,60})[|\uff5c]>"  # <|im_start|> and its full-width look-alike
    r"|<</?(SYS)>>|<(/?s|/?(?:start|end)_of_turn|/?bos|/?eos|/?pad|/?unk)>"
    r"|\[(/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT))\]",
    re.IGNORECASE,
)


class FenceError(Exception):
    """The texts cannot be fenced: one is too long, or no marker could be found that is in none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleText:
    """A text without anything hidden; `flags` names what had to be made visible."""

    text: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """Labelled texts between lines that hold `marker`."""

    marker: str
    text: str
    flags: tuple[str, ...]


def visible(text: str) -> VisibleText:
    """Return `text` with hidden characters written as code points and chat-template tokens taken apart."""
    flags: set[str] = set()
    pieces: list[str] = []
    end = 0
    for problem in scan_text(text):
        flags.add(problem.rule)
        pieces += (text[end : problem.offset], *(f"<U+{point:04X}>" for point in problem.code_points))
        end = problem.offset + len(problem.code_points)
    shown = "".join((*pieces, text[end:]))
    tamed, count = _CHAT_TOKEN.subn(_taken_apart, shown)
    if count:
        flags.add("chat-template-token")
    return VisibleText(text=tamed, flags=tuple(sorted(flags)))


def fence(parts: Sequence[tuple[str, str]], draw: Callable[[], str]) -> Fenced:
    """Return the parts (label, text), each between two lines that nothing in any part can imitate.

    `draw` gives markers of at least 16 letters and digits.

    Raises:
        FenceError: when a text is too long, or `draw` keeps giving what the texts hold.
    """
    seen = [(label, visible(text)) for label, text in parts]
    for label, part in seen:
        if len(part.text) > LONGEST_TEXT:
            message = (
                f"the {label.lower()} has {len(part.text):,} characters; a judge is shown at most {LONGEST_TEXT:,}"
            )
            raise FenceError(message)
    marker = _unused(draw, [part.text for _, part in seen])
    blocks = [f"<<<{label} {marker}>>>\n{part.text}\n<<<END {label} {marker}>>>" for label, part in seen]
    flags = {flag for _, part in seen for flag in part.flags}
    return Fenced(marker=marker, text="\n\n".join(blocks), flags=tuple(sorted(flags)))


def _unused(draw: Callable[[], str], texts: Sequence[str]) -> str:
    lowered = [text.casefold() for text in texts]
    for _ in range(_DRAWS):
        marker = draw()
        if len(marker) < _LEAST_MARKER or not (marker.isascii() and marker.isalnum()):
            message = "the source of markers gives words that are too short or no words"
            raise FenceError(message)
        if not any(marker.casefold() in text for text in lowered):
            return marker
    message = "the texts hold every marker that was drawn"
    raise FenceError(message)


def _taken_apart(match: re.Match[str]) -> str:
    return f"(chat token: {next(filter(None, match.groups()), '')})"
