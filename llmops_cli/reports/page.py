"""Where a report will be read: the width of the page and whether it has colours; and the way from rich to text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

GOOD = "green"
BAD = "bold red"
WARN = "yellow"
FAINT = "dim"
STRONG = "bold"
"""The last of the few styles of all reports; a style only repeats what the words say already."""

HANGING_INDENT = 4

# colours may stand between the start of a line and its first letter
_LINE_START = re.compile(r"(?m)(^(?:\s|\x1b\[[0-9;]*m)*)::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of `width` terminal cells. `wrap` False keeps one finding on one line, for grep."""

    width: int = 80
    colour: bool = False
    wrap: bool = True


def rendered(page: Page, *parts: RenderableType) -> str:
    """Return the parts as text for `page`, one below the other, without trailing blanks on any line.

    Strings are taken as they are: no markup, no highlighting, no emoji codes.
    """
    console = _console(page)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=not page.wrap)
    return without_log_commands("\n".join(line.rstrip() for line in capture.get().splitlines()))


def without_log_commands(text: str) -> str:
    """Return `text` with a backslash in what a CI runner would take for a command of its own.

    GitHub's runner reads `::name::` at the start of any line, blanks aside, and `##[name]` anywhere, in
    whatever a step writes to stdout or stderr. One character gives way to the backslash, so that no line
    grows; machine formats carry the text exactly.
    """
    return _LINE_START.sub(r"\1\\:", text).replace("##[", "#\\[")


def hanging(page: Page, text: Text, *, indent: int = HANGING_INDENT) -> Text:
    """Return `text` wrapped to the page, every line but the first pushed in by `indent` cells."""
    from rich.text import Text as RichText  # noqa: PLC0415 - rich costs 42 ms

    if not page.wrap:
        return text
    console = _console(page)
    first = text.wrap(console, page.width)[0]
    first.rstrip()
    rest = text[len(first) :]
    wrapped = RichText().append_text(first)
    if not rest.plain.strip():
        return wrapped
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    for line in rest.wrap(console, max(page.width - indent, indent)):
        line.rstrip()
        wrapped.append("\n" + " " * indent).append_text(line)
    return wrapped


def _console(page: Page) -> Console:
    from io import StringIO  # noqa: PLC0415 - only for this report

    from rich.console import Console  # noqa: PLC0415 - rich costs 42 ms

    return Console(
        file=StringIO(),
        width=page.width,
        color_system="standard" if page.colour else None,
        force_terminal=page.colour,
        no_color=not page.colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
