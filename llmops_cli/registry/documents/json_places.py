"""Where the keys and values of a JSON text stand, and what in it strict JSON refuses.

Slower than the C decoder and used only when something is wrong or a place is asked for. Iterative.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from llmops_cli.core.canonical_json import LARGEST_EXACT_INTEGER
from llmops_cli.registry.documents.file_findings import at, quoted
from llmops_cli.registry.documents.text_policy import describe

if TYPE_CHECKING:
    from llmops_cli.registry.documents.document import Places
    from llmops_cli.registry.documents.file_findings import FileFindings

_TOKEN = re.compile(
    r'[ \t\n\r]*(?:(?P<mark>[\[\]{}:,])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s,:\[\]{}"]+))', re.DOTALL
)
_INTEGER = re.compile(r"-?[0-9]+\Z", re.ASCII)
_MOST_DIGITS = len(str(LARGEST_EXACT_INTEGER)) + 1


class JsonMark(NamedTuple):
    """A place in a JSON text, from 0."""

    line: int
    column: int


class _Frame:
    """An object or array that is being read."""

    __slots__ = ("index", "is_object", "key", "key_mark", "places")

    def __init__(self, *, is_object: bool) -> None:
        self.is_object = is_object
        self.places: Places = {}
        self.index = 0
        self.key: str | None = None
        self.key_mark = JsonMark(0, 0)


class _Reader:
    """Walks the tokens of one text."""

    def __init__(self, text: str, findings: FileFindings, first_line: int, max_depth: int) -> None:
        self.findings = findings
        self.max_depth = max_depth
        self.top: Places = {}
        self._text = text
        self._first_line = first_line
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._frames: list[_Frame] = []

    def run(self) -> None:
        """Read to the end, or to the first thing that is not JSON."""
        offset = 0
        while (match := _TOKEN.match(self._text, offset)) is not None:
            offset = match.end()
            mark = self._mark(match.start(match.lastgroup or 0))
            if match.lastgroup == "text":
                self._string(match.group("text"), mark)
            elif match.lastgroup == "word":
                self._word(match.group("word"), mark)
            elif not self._punctuation(match.group("mark"), mark):
                return

    def _punctuation(self, character: str, mark: JsonMark) -> bool:
        if character in "{[":
            return self._open(mark, is_object=character == "{")
        if not self._frames:
            return False
        if character in "}]":
            frame = self._frames.pop()
            if not self._frames:
                self.top = frame.places
        elif character == ",":
            self._frames[-1].key = None
        return True

    def _open(self, mark: JsonMark, *, is_object: bool) -> bool:
        if len(self._frames) >= self.max_depth:
            message = f"Values are nested deeper than {self.max_depth} levels here."
            self.findings.add("too-deep", message, at(mark), hint="Flatten the structure.")
            return False
        frame = _Frame(is_object=is_object)
        self._put(mark, frame.places)
        self._frames.append(frame)
        return True

    def _string(self, raw: str, mark: JsonMark) -> None:
        text = _unescaped(raw)
        half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), "")
        if half:
            message = f"{describe(ord(half))} is half of a surrogate pair, not a character."
            self.findings.add("lone-surrogate", message, at(mark), hint="Remove it, or write both halves.")
        frame = self._frames[-1] if self._frames else None
        if frame is None or not frame.is_object or frame.key is not None:
            self._put(mark, None)
            return
        self._check_key(text, frame, mark)
        frame.key, frame.key_mark = text, mark

    def _check_key(self, key: str, frame: _Frame, mark: JsonMark) -> None:
        if key in frame.places:
            first = at(frame.places[key][0])
            message = f"The key {quoted(key)} stands here and on line {first.line}, column {first.column}."
            self.findings.add("duplicate-key", message, at(mark), hint="Keep one of the two.", first=first)
        control = next((letter for letter in key if letter < " "), "")
        if control:
            message = f"The key {quoted(key)} holds a control character: {describe(ord(control))}."
            self.findings.add("control-character", message, at(mark), hint="Remove it.")

    def _word(self, word: str, mark: JsonMark) -> None:
        hint = "Write a smaller number, or put it in quotes if you mean the text."
        if word in {"NaN", "Infinity", "-Infinity"} or _overflows(word):
            message = f"{quoted(word, 32)} is not a finite number."
            self.findings.add("non-finite-number", message, at(mark), hint="JSON has finite numbers only.")
        elif _INTEGER.match(word) and (len(word) > _MOST_DIGITS or abs(int(word)) > LARGEST_EXACT_INTEGER):
            message = f"{quoted(word, 32)} is too large: integers beyond {LARGEST_EXACT_INTEGER} are not exact in JSON."
            self.findings.add("number-too-large", message, at(mark), hint=hint)
        self._put(mark, None)

    def _put(self, mark: JsonMark, inside: Places | None) -> None:
        if not self._frames:
            return
        frame = self._frames[-1]
        if not frame.is_object:
            frame.places[frame.index] = (mark, mark, inside)
            frame.index += 1
        elif frame.key is not None:
            frame.places.setdefault(frame.key, (frame.key_mark, mark, inside))

    def _mark(self, offset: int) -> JsonMark:
        line = bisect_right(self._line_starts, offset) - 1
        return JsonMark(line + self._first_line - 1, offset - self._line_starts[line])


def read_places(text: str, findings: FileFindings, *, first_line: int = 1, max_depth: int) -> Places:
    """Return the places of the top object or array, and report what strict JSON refuses."""
    reader = _Reader(text, findings, first_line, max_depth)
    reader.run()
    return reader.top


def _unescaped(raw: str) -> str:
    try:
        return str(json.loads(raw, strict=False))
    except ValueError:
        return raw[1:-1]


def _overflows(word: str) -> bool:
    try:
        return not _INTEGER.match(word) and math.isinf(float(word))
    except ValueError:
        return False
