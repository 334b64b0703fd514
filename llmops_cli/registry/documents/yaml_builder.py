"""YAML events → values and their places, refusing everything that plain data does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.file_findings import at, quoted
from llmops_cli.registry.documents.yaml_scalars import ScalarError, plain_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import Mark, Places
    from llmops_cli.registry.documents.file_findings import FileFindings
    from llmops_cli.registry.documents.yaml_events import DocumentEvent, NodeEvent, PlacedEvent, TextEvent

MAX_DEPTH = 32
"""Mappings and lists inside one another; the top mapping counts."""

_NO_KEY = cast("str", object())
_SKIPPED = cast("str", object())
"""Stands in for a key that was refused: its value is read for its own problems and left out."""


class StopParsingError(Exception):
    """The rest of the file would say nothing reliable; the reason is among the findings."""


class _Frame:
    """A mapping or list that is being filled."""

    __slots__ = ("is_key", "items", "key", "key_mark", "mapping", "places")

    def __init__(self, *, is_mapping: bool, is_key: bool) -> None:
        self.mapping: dict[str, JsonValue] | None = {} if is_mapping else None
        self.items: list[JsonValue] = []
        self.is_key = is_key
        self.places: Places = {}
        self.key: str = _NO_KEY
        self.key_mark: Mark = cast("Mark", None)

    @property
    def wants_key(self) -> bool:
        """Whether the next node is a key."""
        return self.mapping is not None and self.key is _NO_KEY


class YamlBuilder:
    """Builds one document; `places` says where its values are.

    `root` is None until a whole top mapping was read without a value unknown.
    """

    def __init__(self, findings: FileFindings) -> None:
        """Start with nothing read."""
        self.root: dict[str, JsonValue] | None = None
        self.scalars: list[TextEvent] = []
        self._findings = findings
        self._frames: list[_Frame] = []
        self.places: Places = {}
        self._documents = 0
        self._values_unknown = False

    def run(self, next_event: Callable[[], object]) -> None:
        """Read events to the end of the stream.

        Raises:
            StopParsingError: when nothing after a problem could be trusted.
            yaml.YAMLError: when the text is not YAML.
        """
        handler_of = _HANDLERS.get
        while (event := next_event()) is not None:
            if handler := handler_of(type(event)):
                handler(self, event)
        if self._values_unknown:
            self.root = None

    def _scalar(self, event: TextEvent) -> None:
        self.scalars.append(event)
        if not self._frames:
            self._refuse_top(event, "text" if event.value else "nothing")
        frame = self._frames[-1]
        if frame.mapping is not None and frame.key is _NO_KEY:
            frame.key = self._key(event, frame)
            frame.key_mark = event.start_mark
        else:
            _put(frame, self._value(event), event.start_mark, None)

    def _start(self, event: NodeEvent) -> None:
        is_mapping = isinstance(event, MappingStartEvent)
        if not self._frames and not is_mapping:
            self._refuse_top(event, "a list")
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        if len(self._frames) >= MAX_DEPTH:
            message = f"Values are nested deeper than {MAX_DEPTH} levels here."
            self._findings.add("too-deep", message, at(event.start_mark), hint="Flatten the structure.")
            raise StopParsingError
        parent = self._frames[-1] if self._frames else None
        frame = _Frame(is_mapping=is_mapping, is_key=parent is not None and parent.wants_key)
        if frame.is_key:
            self._refuse_complex_key(event)
        elif parent is not None:
            _put(parent, frame.items if frame.mapping is None else frame.mapping, event.start_mark, frame.places)
        self._frames.append(frame)

    def _end(self, event: PlacedEvent) -> None:
        frame = self._frames.pop()
        if not self._frames:
            self.root, self.places = frame.mapping, frame.places
        elif frame.is_key:
            self._frames[-1].key = _SKIPPED
            self._frames[-1].key_mark = event.start_mark

    def _value(self, event: TextEvent) -> JsonValue:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        if event.style:  # quoted or a block; plain is '' from C and None from Python
            return event.value
        try:
            return plain_value(event.value)
        except ScalarError as error:
            self._findings.add(error.rule, error.message, at(event.start_mark), hint=error.hint)
            self._values_unknown = True
            return None

    def _key(self, event: TextEvent, frame: _Frame) -> str:
        """Return the key, or the mark for one that was refused."""
        key = self._value(event)
        if not event.style and event.value == "<<":
            message = "Merge keys (<<) are not allowed."
            self._findings.add("merge-key", message, at(event.start_mark), hint="Write the merged keys out.")
            self._values_unknown = True
            return _SKIPPED
        if not isinstance(key, str):
            message = f"The key {quoted(event.value)} is {_KINDS[type(key)]}; keys are text."
            self._findings.add("non-string-key", message, at(event.start_mark), hint="Put the key in quotes.")
            return _SKIPPED
        if frame.mapping is not None and key in frame.mapping:
            first = at(frame.places[key][0])
            message = f"The key {quoted(key)} stands here and on line {first.line}, column {first.column}."
            hint = "Keep one of the two."
            self._findings.add("duplicate-key", message, at(event.start_mark), hint=hint, first=first)
            return _SKIPPED
        return key

    def _alias(self, event: NodeEvent) -> None:
        message = f"The alias {quoted('*' + (event.anchor or ''))} stands for another value; aliases are not allowed."
        self._findings.add("anchor", message, at(event.start_mark), hint="Write the value out, or quote the text.")
        self._values_unknown = True
        if not self._frames:
            raise StopParsingError
        frame = self._frames[-1]
        if frame.wants_key:
            frame.key, frame.key_mark = _SKIPPED, event.start_mark
        else:
            _put(frame, None, event.start_mark, None)

    def _document(self, event: DocumentEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "A second document starts here; a file holds one."
            self._findings.add("several-documents", message, at(event.start_mark), hint="Put it in a file of its own.")
            raise StopParsingError
        if event.version is not None or event.tags:
            message = "YAML directives (%…) are not allowed."
            self._findings.add("directive", message, at(event.start_mark), hint="Delete the line.")

    def _stream_end(self, _event: PlacedEvent) -> None:
        if not self._documents:
            message = "The file has comments but no content."
            self._findings.add("comments-only", message, Position(), hint="Write its content, or delete it.")

    def _refuse_top(self, event: PlacedEvent, found: str) -> None:
        message = f"The file holds {found} at its top; a mapping of keys to values is expected."
        hint = "Start with a line such as `id: …`."
        self._findings.add("not-a-mapping", message, at(event.start_mark), hint=hint)
        raise StopParsingError

    def _refuse_properties(self, event: NodeEvent) -> None:
        if event.anchor is not None:
            message = f"The anchor {quoted('&' + event.anchor)} is not allowed: aliases hide what a file says."
            self._findings.add("anchor", message, at(event.start_mark), hint="Delete it, or quote the text.")
        if event.tag is not None:
            message = f"The tag {quoted(_written_tag(event.tag))} is not allowed: files are data."
            hint = "Delete the tag, or quote the text if it starts with an exclamation mark."
            self._findings.add("tag", message, at(event.start_mark), hint=hint)
            self._values_unknown = True

    def _refuse_complex_key(self, event: PlacedEvent) -> None:
        message = "A key is itself a mapping or list; keys are text."
        hint = "If this is a template, quote it: a plain {{ name }} is a mapping for YAML."
        self._findings.add("non-string-key", message, at(event.start_mark), hint=hint)
        self._values_unknown = True


def _put(frame: _Frame, value: JsonValue, mark: Mark, inside: Places | None) -> None:
    """Add a value to the mapping or list that is being filled."""
    if frame.mapping is None:
        frame.places[len(frame.items)] = (mark, mark, inside)
        frame.items.append(value)
        return
    if frame.key is not _SKIPPED:
        frame.mapping[frame.key] = value
        frame.places[frame.key] = (frame.key_mark, mark, inside)
    frame.key = _NO_KEY


# functions, not bound methods: a builder that refers to itself would stay in memory until the next collection
_HANDLERS: dict[type, Callable[[YamlBuilder, Any], None]] = {
    ScalarEvent: YamlBuilder._scalar,  # noqa: SLF001 - the class's own table
    MappingStartEvent: YamlBuilder._start,  # noqa: SLF001
    SequenceStartEvent: YamlBuilder._start,  # noqa: SLF001
    MappingEndEvent: YamlBuilder._end,  # noqa: SLF001
    SequenceEndEvent: YamlBuilder._end,  # noqa: SLF001
    AliasEvent: YamlBuilder._alias,  # noqa: SLF001
    DocumentStartEvent: YamlBuilder._document,  # noqa: SLF001
    StreamEndEvent: YamlBuilder._stream_end,  # noqa: SLF001
}


def _written_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


_KINDS: dict[type, str] = {type(None): "null", bool: "a boolean", int: "a number", float: "a number"}
