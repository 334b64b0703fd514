"""JSON documents from outside, read as if their writer were hostile: bounded, strict, field by field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, cast

from llmops_cli.core.canonical_json import LARGEST_EXACT_INTEGER
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Pattern

    from llmops_cli.core.json_value import JsonObject, JsonValue

LARGEST_DOCUMENT = 1 << 20
"""Bytes of one release, event or request."""

LARGEST_STATE = 4 << 20
"""Bytes of an environment's state: about 4,000 prompts."""

DEEPEST = 64
_MOST_DIGITS = len(str(LARGEST_EXACT_INTEGER)) + 1


class DocumentError(ValueError):
    """The bytes are not the document they should be; the message names the field, in one line safe to print."""


def read_document(data: bytes, *, largest: int = LARGEST_DOCUMENT) -> JsonObject:
    """Return the one JSON object that `data` is.

    Refused: more than `largest` bytes, anything but UTF-8, a byte order mark, duplicate keys, NaN, integers
    beyond 2**53 - 1, NUL or lone surrogates in any text, and more than `DEEPEST` levels.

    Raises:
        DocumentError: for anything else than such an object.
    """
    if len(data) > largest:
        _refuse(f"{len(data)} bytes, more than the {largest} that are read")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        _refuse(f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        _refuse(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}")
    except RecursionError:
        _refuse(f"nested deeper than {DEEPEST} levels")
    if not isinstance(value, dict):
        _refuse("not a JSON object")
    # NUL and lone surrogates come by an escape alone: raw ones are no JSON, and no UTF-8
    _check_tree(value, texts=b"\\u" in data)
    return value


class Fields:
    """The members of one object, taken one by one; `done` refuses those that nobody took."""

    def __init__(self, members: JsonObject, where: str = "") -> None:
        """Take the object; `where` is its place in the document (`git`, `changes[0]`), empty at the top."""
        self._members = members
        self._where = where
        self._taken: set[str] = set()

    def done(self) -> None:
        """Refuse members that are not part of the format.

        Raises:
            DocumentError: naming the first one.
        """
        for name in self._members:
            if name not in self._taken:
                self._fail(shortened(name, 80), f"is not a known field. {did_you_mean(name, self._taken)}".strip())

    def has(self, name: str) -> bool:
        """Tell whether the member is there and is not null; either way it counts as taken."""
        self._taken.add(name)
        return self._members.get(name) is not None

    def is_null(self, name: str) -> bool:
        """Tell whether the member is there and is null."""
        return name in self._members and self._members[name] is None

    def value(self, name: str) -> JsonValue:
        """Return any value; missing is refused."""
        self._taken.add(name)
        if name not in self._members:
            self._fail(name, "is missing")
        return self._members[name]

    def text(self, name: str, *, most: int = 10_000, least: int = 0, pattern: Pattern[str] | None = None) -> str:
        """Return a text of `least` to `most` characters that `pattern` matches as a whole."""
        value = self.value(name)
        if not isinstance(value, str):
            self._fail(name, "is not a text")
        if not least <= len(value) <= most:
            self._fail(name, f"has {len(value)} characters, {least} to {most} are allowed")
        if pattern is not None and not pattern.fullmatch(value):
            self._fail(name, f"is not of the form that is asked for: '{shortened(value, 60)}'")
        return value

    def optional_text(self, name: str, *, most: int = 10_000, pattern: Pattern[str] | None = None) -> str:
        """Return a text, empty where it is missing or null."""
        return self.text(name, most=most, pattern=pattern) if self.has(name) else ""

    def integer(self, name: str, *, least: int = 0, most: int = LARGEST_EXACT_INTEGER) -> int:
        """Return a whole number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._fail(name, f"is not a whole number from {least} to {most}")
        return value

    def optional_integer(self, name: str, *, least: int = 0, most: int = LARGEST_EXACT_INTEGER) -> int | None:
        """Return a whole number, None where it is missing or null."""
        return self.integer(name, least=least, most=most) if self.has(name) else None

    def number(self, name: str) -> float:
        """Return a finite number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._fail(name, "is not a number")
        return value

    def optional_number(self, name: str) -> float | None:
        """Return a finite number, None where it is missing or null."""
        return self.number(name) if self.has(name) else None

    def boolean(self, name: str) -> bool:
        """Return true or false, false where it is missing."""
        value = self.value(name) if self.has(name) else False
        if not isinstance(value, bool):
            self._fail(name, "is neither true nor false")
        return value

    def object(self, name: str) -> JsonObject:
        """Return an object as it is, for what has a format of its own."""
        value = self.value(name)
        if not isinstance(value, Mapping):
            self._fail(name, "is not an object")
        return value

    def fields(self, name: str) -> Fields:
        """Return the members of an object."""
        return Fields(self.object(name), self.place(name))

    def optional_fields(self, name: str) -> Fields | None:
        """Return the members of an object, None where it is missing or null."""
        return self.fields(name) if self.has(name) else None

    def list(self, name: str, *, most: int = 10_000) -> list[JsonValue]:
        """Return a list, empty where it is missing."""
        value = self.value(name) if self.has(name) else []
        if not isinstance(value, list) or len(value) > most:
            self._fail(name, f"is not a list of at most {most} items")
        return value

    def each(self, name: str, *, most: int = 10_000) -> Iterator[Fields]:
        """Walk a list of objects."""
        for index, item in enumerate(self.list(name, most=most)):
            place = f"{self.place(name)}[{index}]"
            if not isinstance(item, Mapping):
                _refuse(f"{place} is not an object")
            yield Fields(item, place)

    def named(self, name: str) -> Iterator[tuple[str, Fields]]:
        """Walk an object whose members are objects, by their names; nothing where it is missing."""
        if not self.has(name):
            return
        inner = self.object(name)
        for key, item in inner.items():
            place = f"{self.place(name)}.{shortened(key, 60)}"
            if not isinstance(item, Mapping):
                _refuse(f"{place} is not an object")
            yield key, Fields(item, place)

    def texts(self, name: str, *, most: int = 1000) -> tuple[str, ...]:
        """Return a list of texts."""
        items = self.list(name, most=most)
        if not all(isinstance(item, str) for item in items):
            self._fail(name, "is not a list of texts")
        return tuple(cast("list[str]", items))

    def place(self, name: str) -> str:
        """Return where a member stands in the document."""
        return f"{self._where}.{name}" if self._where else name

    def _fail(self, name: str, problem: str) -> NoReturn:
        _refuse(f"{self.place(name)} {problem}")


def _refuse(message: str) -> NoReturn:
    raise DocumentError(safe_text(message, one_line=True))


def _check_tree(root: object, *, texts: bool) -> None:
    """Look at every level, and at every text where that is needed, without recursion of our own."""
    level: list[object] = [root]
    for _ in range(DEEPEST):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                for key in value if texts else ():
                    _check_text(key)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif texts and isinstance(value, str):
                _check_text(value)
        if not below:
            return
        level = below
    _refuse(f"nested deeper than {DEEPEST} levels")


def _check_text(text: str) -> None:
    if "\0" in text:
        _refuse("a text holds the character NUL")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            _refuse("a text holds half of a surrogate pair")


def _pairs(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        _refuse(f"the key '{shortened(twice, 60)}' stands twice in one object")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) > LARGEST_EXACT_INTEGER:
        _refuse("an integer beyond 2**53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse("a number beyond what a double can hold")
    return value


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant)
