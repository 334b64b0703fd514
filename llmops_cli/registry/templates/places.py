"""Where a place of a template lies in the YAML file that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.registry.templates.template_source import position_at

if TYPE_CHECKING:
    from llmops_cli.core.findings import Position
    from llmops_cli.registry.documents.document import YamlDocument

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def position_in_file(document: YamlDocument, message_index: int, template_position: Position) -> Position:
    """Return the file position of a place in the text of a message (of `template:`, if that is used).

    The written and the read text are walked side by side, so it holds for block, quoted and plain style;
    where they cannot be matched, it is the start of the value.
    """
    keys = content_keys(document, message_index)
    text = _value(document, keys)
    start = document.position_of(*keys)
    if not isinstance(text, str):
        return start
    begin = _offset(document.text, start)
    style = document.text[begin : begin + 1]
    if style in {"|", ">"}:
        begin = document.text.find("\n", begin) + 1
    end = _written_offset(document.text, begin, text, _offset(text, template_position), style)
    return start if end is None else position_at(document.text, end)


def content_keys(document: YamlDocument, message_index: int) -> tuple[str | int, ...]:
    """Return the path of a message's text within its document."""
    if document.root is not None and "template" in document.root:
        return ("template",)
    return ("messages", message_index, "content")


def _value(document: YamlDocument, keys: tuple[str | int, ...]) -> object:
    value: object = document.root
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            items: list[object] = value
            value = items[key]
        else:
            return None
    return value


def _offset(text: str, position: Position) -> int:
    offset = 0
    for _ in range(position.line - 1):
        offset = text.find("\n", offset) + 1
    return offset + position.column - 1


def _written_offset(written: str, begin: int, read: str, count: int, style: str) -> int | None:
    """Return the offset in `written` of the character number `count` of `read`.

    Visible characters come in the same order in both; white space may be folded or be indentation.
    """
    place = begin + (written[begin : begin + 1] in {'"', "'"})
    for character in read[:count]:
        if character.isspace() and written[place : place + 1] not in {character, "\\"}:
            continue
        place = _next(written, place, character, quoted=style == '"')
        if place < 0:
            return None
        # within single quotes, a quote is written twice
        place += style == character == "'"
    while not read[count : count + 1].isspace() and written[place : place + 1].isspace():
        place += 1
    return place


def _next(written: str, place: int, character: str, *, quoted: bool) -> int:
    """Return the offset after the next occurrence of `character`, an escape sequence counting as any."""
    while place < len(written) and written[place] != character:
        if quoted and written[place] == "\\" and written[place + 1 : place + 2] not in {"\n", "\r"}:
            return place + _ESCAPE_LENGTHS.get(written[place + 1 : place + 2], 2)
        if not written[place].isspace() and written[place] != "\\":
            return -1
        place += 1
    if quoted and written[place : place + 1] == "\\":
        return place + 2
    return place + 1 if place < len(written) else -1
