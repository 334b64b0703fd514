"""A parsed file of ours: plain values, every one with its place, and all findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from llmops_cli.core.findings import Finding, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.json_value import JsonValue


class Mark(Protocol):
    """A place in a text as parsers count it: line and column from 0."""

    @property
    def line(self) -> int:
        """The line, from 0."""
        ...

    @property
    def column(self) -> int:
        """The column in characters, from 0."""
        ...


Place: TypeAlias = "tuple[Mark, Mark, Places | None]"
"""Where a key stands, where its value starts, and the places inside the value."""

Places: TypeAlias = "dict[str | int, Place]"
"""The places of the children of one mapping (by key) or list (by index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """One file. `root` is None when the file cannot be used at all; then `findings` holds an error.

    `text` is the decoded file without a byte order mark; of a `.jsonl` file it is one line, and `first_line`
    its number. `lines_allowing` maps line numbers to the code
    points that a comment with a reason lifts there. Values are read-only by agreement.
    """

    path: str
    root: dict[str, JsonValue] | None
    findings: tuple[Finding, ...] = ()
    text: str = ""
    first_line: int = 1
    lines_allowing: Mapping[int, frozenset[int]]
    places: Callable[[], Places]

    def position_of(self, *keys: str | int) -> Position:
        """Return where the value at the path `keys` starts, or the nearest parent that is there."""
        place = self._place(keys)
        return _position(place[1]) if place else Position()

    def key_position_of(self, *keys: str | int) -> Position:
        """Return where the last key of the path stands (for a list item: the item)."""
        place = self._place(keys)
        return _position(place[0]) if place else Position()

    def _place(self, keys: tuple[str | int, ...]) -> Place | None:
        found: Place | None = None
        inside: Places | None = self.places()
        for key in keys:
            if inside is None or key not in inside:
                break
            found = inside[key]
            inside = found[2]
        return found


def _position(mark: Mark) -> Position:
    return Position(mark.line + 1, mark.column + 1)
