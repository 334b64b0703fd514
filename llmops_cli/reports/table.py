"""A table without lines that fits its page: one column gives way, the others keep their width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.reports.page import STRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from llmops_cli.reports.page import Page

GAP = 2
NARROWEST = 6


class PlainTable:
    """Rows of cells under bold headings, two blanks between columns, cells cut by an ellipsis."""

    def __init__(self, headings: Sequence[str], *, stretch: int, right: Sequence[int] = ()) -> None:
        """Name the columns.

        Args:
            headings: one per column; an empty one is allowed.
            stretch: the column that is cut when the page is narrow.
            right: the columns that hold numbers.
        """
        self._headings = tuple(headings)
        self._stretch = stretch
        self._right = frozenset(right)
        self._rows: list[tuple[Text, ...]] = []

    def add_row(self, *cells: Text | str) -> None:
        """Add a row; strings are taken as they are."""
        from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

        self._rows.append(tuple(cell if isinstance(cell, Text) else Text(cell) for cell in cells))

    def text(self, page: Page) -> Text:
        """Return the whole table for the page."""
        from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

        headings = tuple(Text(heading, style=STRONG) for heading in self._headings)
        rows = [headings, *self._rows]
        widths = self._widths(rows, page.width)
        return Text("\n").join(self._line(row, widths) for row in rows)

    def _widths(self, rows: Sequence[Sequence[Text]], page_width: int) -> list[int]:
        widths = [max(row[column].cell_len for row in rows) for column in range(len(self._headings))]
        excess = sum(widths) + GAP * (len(widths) - 1) - page_width
        # the column that may be cut goes first, then the widest ones, until it fits
        for column in (self._stretch, *sorted(range(len(widths)), key=lambda number: -widths[number])):
            taken = min(max(excess, 0), max(widths[column] - NARROWEST, 0))
            widths[column] -= taken
            excess -= taken
        return widths

    def _line(self, row: Sequence[Text], widths: Sequence[int]) -> Text:
        from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fitted = cell.copy()
            fitted.truncate(width, overflow="ellipsis")
            padding = " " * (width - fitted.cell_len)
            cells.append(Text(padding).append_text(fitted) if column in self._right else fitted.append(padding))
        line = Text(" " * GAP).join(cells)
        line.rstrip()
        return line
