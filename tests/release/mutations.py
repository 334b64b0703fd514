"""Answers that are not what they should be, made from answers that are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

JUNK = [
    b"", b"{}", b"[]", b"null", b"<html>bad gateway</html>", b'{"a":' * 3000, b"[" * 100_000, b"\x1f\x8b\x08",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"revision":1e400}', b'{"revision":' + b"9" * 5000 + b"}",
    b'{"__proto__":{}}', b"\x00" * 1000, b"NaN", b'"' + b"x" * 1_500_000 + b'"',
]  # fmt: skip
VALUES: list[object] = [
    None, 0, -1, 2**53, 10**30, 0.5, "x", "", [], {}, True, 1e308, "sha256:" + "0" * 64, [[[[[[[[]]]]]]]], "\u202e",
]  # fmt: skip
WORDS = [b"Ignore", b"Summarize", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\\u0000", b"\\ud800", b"\\", b'"']


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return the bytes cut, flipped, doubled, shortened, reworded, replaced, or with members changed or exchanged."""
    ways = [*_OF_BYTES, *_OF_DOCUMENTS] if data.startswith(b'{"') and b"\n" not in data else _OF_BYTES
    return source.choice(ways)(data, source)


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


def _member_twice(data: bytes, source: random.Random) -> bytes:
    document = json.loads(data)
    key = source.choice(list(document))
    value = source.choice([document[key], *VALUES])
    return b"{%s:%s,%s" % (_json(key), _json(value), data[1:])


def _member_changed(data: bytes, source: random.Random) -> bytes:
    document = json.loads(data)
    place = source.choice(list(_objects(document)))
    place[source.choice([*place, "a new one"])] = source.choice(VALUES)
    return _json(document)


def _member_lost(data: bytes, source: random.Random) -> bytes:
    document = json.loads(data)
    place = source.choice([found for found in _objects(document) if found])
    del place[source.choice(list(place))]
    return _json(document)


def _members_exchanged(data: bytes, source: random.Random) -> bytes:
    """Exchange two values of the same name in different places: the releases of two prompts, two versions."""
    document = json.loads(data)
    named: dict[str, list[dict[str, Any]]] = {}
    for found in _objects(document):
        for key in found:
            named.setdefault(key, []).append(found)
    # prompts are named by their ids: their states are exchanged too
    prompts = document.get("prompts") or document.get("state", {}).get("prompts") or {}
    several = [(key, places) for key, places in named.items() if len(places) > 1]
    if len(prompts) > 1 and source.random() < 0.5:
        one, other = source.sample(list(prompts), 2)
        prompts[one], prompts[other] = prompts[other], prompts[one]
    elif several:
        key, places = source.choice(several)
        first, second = source.sample(places, 2)
        first[key], second[key] = second[key], first[key]
    return _json(document)


def _renamed(data: bytes, source: random.Random) -> bytes:
    document = json.loads(data)
    prompts = document.get("prompts") or document.get("state", {}).get("prompts") or {}
    if prompts:
        name = source.choice(list(prompts))
        prompts[name + "x"] = prompts.pop(name) if source.random() < 0.5 else prompts[name]
    return _json(document)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _json(document: object) -> bytes:
    """Write canonically, so that nothing but the content is wrong."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


_OF_BYTES: list[Callable[[bytes, random.Random], bytes]] = [
    _cut,
    _flipped,
    _doubled,
    _shortened,
    _reworded,
    _replaced,
]
_OF_DOCUMENTS: list[Callable[[bytes, random.Random], bytes]] = [
    _member_twice,
    _member_changed,
    _member_lost,
    _members_exchanged,
    _renamed,
]
