"""Strict JSON: the same value as strict YAML gives, for `.json` files and for the lines of `.jsonl`."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import LARGEST_EXACT_INTEGER
from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.document import YamlDocument
from llmops_cli.registry.documents.file_findings import FileFindings
from llmops_cli.registry.documents.json_places import read_places
from llmops_cli.registry.documents.source_text import MAX_BYTES, read_source
from llmops_cli.registry.documents.text_scan import NO_ALLOWANCES

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import Places

MAX_DEPTH = 64
_MOST_DIGITS = len(str(LARGEST_EXACT_INTEGER)) + 1
# an escape of a surrogate or of a control character, which must not stand in a key
_SUSPECT_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|00[01])")
_SYNTAX_HINTS = {
    "Expecting property name enclosed in double quotes": "Keys stand in double quotes; no comma after the last item.",
    "Expecting value": "Write a value; texts stand in double quotes; no comma after the last item.",
    "Expecting ',' delimiter": "Add a comma, or close the bracket above.",
    "Expecting ':' delimiter": "Write a colon between key and value.",
    "Unterminated string starting at": "The text is cut off: add the closing quote, or write the file again.",
    "Invalid control character at": "Write line breaks as \\n.",
    "Extra data": "One value is expected: delete what follows it.",
}


class _RefusedError(ValueError):
    """The fast reader met something that strict JSON has not; the slow one says where."""


def parse_json_document(data: bytes, path: str, *, max_bytes: int = MAX_BYTES) -> YamlDocument:
    """Read a JSON file of ours, an object at its top. Never raises: problems are findings."""
    findings = FileFindings(path)
    source = read_source(data, findings, max_bytes=max_bytes)
    value = parse_json_text(source.text, findings) if source else None
    if source and not findings.all() and not isinstance(value, dict):
        message = "The file holds no object at its top."
        findings.add("not-a-mapping", message, Position(), hint="Start with { and a key.")
    return json_document(value, path, source.text if source else "", findings)


def json_document(value: JsonValue, path: str, text: str, findings: FileFindings, *, line: int = 1) -> YamlDocument:
    """Return the document around a value that was read from `text`; `text` starts on line `line` of the file."""

    @cache
    def places() -> Places:
        return read_places(text, FileFindings(path), first_line=line, max_depth=MAX_DEPTH)

    return YamlDocument(
        path=path,
        root=cast("dict[str, JsonValue]", value) if isinstance(value, dict) else None,
        findings=findings.all(),
        text=text,
        first_line=line,
        lines_allowing=NO_ALLOWANCES,
        places=places,
    )


def parse_json_text(text: str, findings: FileFindings, *, line: int = 1) -> JsonValue:
    """Return the value of one JSON text, or None with findings that say what is wrong.

    `line` is the line of the file on which the text starts.
    """
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        _report_syntax(error, findings, line)
        return None
    except (_RefusedError, RecursionError):
        read_places(text, findings, first_line=line, max_depth=MAX_DEPTH)
        return None
    if _SUSPECT_ESCAPE.search(text) or (text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(value)):
        read_places(text, findings, first_line=line, max_depth=MAX_DEPTH)
    return None if findings.all() else value


def _is_too_deep(value: JsonValue) -> bool:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, (dict, list)) for value in level)


def _report_syntax(error: json.JSONDecodeError, findings: FileFindings, line: int) -> None:
    position = Position(error.lineno + line - 1, error.colno)
    if error.pos >= len(error.doc.rstrip()):
        message = "The JSON text ends here before it is complete."
        hint = "The file is cut off: write it again, or close what is open."
    else:
        message = f"This is not JSON: {error.msg[0].lower()}{error.msg[1:]}."
        hint = _SYNTAX_HINTS.get(error.msg, "")
    findings.add("json-syntax", message, position, hint=hint)


def _pairs(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    # ten thousand cases have the same few names: one text for each
    mapping = {intern(name): value for name, value in pairs}
    if len(mapping) != len(pairs):
        raise _RefusedError
    return mapping


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) > LARGEST_EXACT_INTEGER:
        raise _RefusedError
    return int(digits)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _RefusedError
    return value


def _constant(_name: str) -> float:
    raise _RefusedError


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant)
