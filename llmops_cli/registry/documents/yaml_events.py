"""What of PyYAML's events we read: a place, and for nodes what stands there."""

from __future__ import annotations

from typing import Protocol

from llmops_cli.registry.documents.document import Mark


class TextMark(Mark, Protocol):
    """A place that also counts characters from the start of the text."""

    @property
    def index(self) -> int:
        """The offset in characters."""
        ...


class PlacedEvent(Protocol):
    """Any event of a file that was read."""

    start_mark: TextMark
    end_mark: TextMark


class NodeEvent(PlacedEvent, Protocol):
    """The start of a value."""

    anchor: str | None
    tag: str | None


class TextEvent(NodeEvent, Protocol):
    """A scalar. `style` is a quote or block indicator; of plain text it is '' (libyaml) or None (Python)."""

    value: str
    style: str | None


class DocumentEvent(PlacedEvent, Protocol):
    """The start of a document, with its directives."""

    version: tuple[int, int] | None
    tags: dict[str, str] | None
