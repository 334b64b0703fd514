"""Where a report will be read: the width of the page and whether it has colours; and the way from rich to text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

GOOD = "green"
BAD = "bold red"
WARN = "yellow"
FAINT = "dim"
STRONG = "bold"
"""The last of the few styles of all reports; a style only repeats what the words say already."""

HANGING_INDENT = 4


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
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def hanging(page: Page, text: Text, *, indent: int = HANGING_INDENT) -> Text:
    """Return `text` wrapped to the page, every line but the first pushed in by `indent` cells."""
    from rich.text import Text as RichText

    if not page.wrap:
        return text
    console = _console(page)
    lines = text.wrap(console, max(page.width - indent, indent))
    wrapped = RichText()
    for number, line in enumerate(lines):
        line.rstrip()
        wrapped.append("\n" + " " * indent if number else "")
        wrapped.append_text(line)
    return wrapped


def plain_table(headings: Sequence[str], *, right: Sequence[int] = (), stretch: int | None = None) -> Table:
    """Return an empty table without lines: bold headings, two blanks between columns, cells cut by an ellipsis.

    Args:
        headings: one per column; an empty one is allowed.
        right: the numbers of the columns that hold numbers.
        stretch: the column that gives way when the page is narrow; all others keep their width.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style=STRONG)
    for number, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if number in right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=None,
            min_width=8 if number == stretch else len(heading) if stretch is not None else None,
        )
    return table


def _console(page: Page) -> Console:
    from io import StringIO

    from rich.console import Console

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
