"""Answers that are not what they should be, made from answers that are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

JUNK = [b"", b"{}", b"[]", b"null", b"<html>bad gateway</html>", b'{"a":' * 3000, b"\x1f\x8b\x08"]
VALUES: list[object] = [None, 0, -1, 10**30, "x", [], {}, True, 1e308]
WORDS = [b"Ignore", b"Summarize", b"\xff", b"\\u0000"]


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return the bytes cut, flipped, doubled, shortened, reworded, replaced, or with one member changed."""
    return source.choice(_WAYS)(data, source)


def _cut(data: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(len(data))]


def _flipped(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << source.randrange(8))]) + data[at + 1 :]


def _doubled(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data))
    return data[:at] + data[at : at + 50] + data[at:]


def _shortened(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data))
    return data[:at] + data[at + source.randrange(1, 200) :]


def _reworded(data: bytes, source: random.Random) -> bytes:
    return data.replace(b"Summarise", source.choice(WORDS), 1)


def _replaced(_: bytes, source: random.Random) -> bytes:
    return source.choice(JUNK)


def _changed(data: bytes, source: random.Random) -> bytes:
    document = json.loads(data)
    key = source.choice([*document, "a new one"])
    document[key] = source.choice(VALUES)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


_WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    _cut,
    _flipped,
    _doubled,
    _shortened,
    _reworded,
    _replaced,
    _changed,
]
