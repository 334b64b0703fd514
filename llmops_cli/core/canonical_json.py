"""Canonical JSON (RFC 8785, JCS) and the digests made from it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.json_value import JsonValue

LARGEST_EXACT_INTEGER = 2**53 - 1
"""Beyond this an IEEE 754 double skips integers; RFC 8785 section 3.2.2.3 and RFC 7493 refuse such numbers."""

_ENCODER = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)

_FIRST_EXPONENT = 21
_LAST_FRACTION = -7


def canonical_json(value: JsonValue) -> bytes:
    """Return the one byte sequence that RFC 8785 gives to `value`.

    Keys are sorted by UTF-16 code units, numbers are written as ECMAScript writes them, and text is
    taken as it is (no Unicode normalisation, since a model sees the difference).

    Raises:
        ValueError: for NaN, infinities, integers beyond ±(2**53 - 1), lone surrogates, and keys that
            are not strings.
    """
    return _text(value).encode("utf-8")


def canonical_json_of_texts(value: JsonValue) -> bytes:
    """Return the canonical JSON of a value without floats, made of plain dicts and lists, with keys in ASCII.

    There the encoder of the standard library, which is written in C, gives the same bytes several times faster:
    key order and numbers are all that RFC 8785 asks for beyond it. The caller knows that its value is such a one.

    Raises:
        ValueError: for lone surrogates.
    """
    return _ENCODER.encode(value).encode("utf-8")


def digest_of(value: JsonValue) -> str:
    """Return `sha256:` and 64 hexadecimal digits: the SHA-256 of the canonical JSON of `value`."""
    return digest_of_bytes(canonical_json(value))


def digest_of_bytes(data: bytes) -> str:
    """Return `sha256:` and 64 hexadecimal digits: the SHA-256 of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def short_digest(digest: str) -> str:
    """Return the 12 hexadecimal digits that people are shown; enough to tell any two apart in practice."""
    return digest.removeprefix("sha256:")[:12]


def _text(value: object) -> str:
    # a run digests each case and each request: one look-up by the exact type answers for nearly every value
    write = _WRITERS.get(type(value))
    return write(value) if write else _writer_of_relatives(value)(value)


def _writer_of_relatives(value: object) -> Callable[[Any], str]:
    """Return the writer for a value of another type that is one of JSON's too, such as an enumeration's text."""
    for kind, write in _RELATIVES:
        if isinstance(value, kind):
            return write
    message = f"{type(value).__name__} is not a JSON value"
    raise ValueError(message)


def _object(value: Mapping[object, object]) -> str:
    pairs = [f"{encode_basestring(key)}:{_text(value[key])}" for key in _sorted_keys(value)]
    return f"{{{','.join(pairs)}}}"


def _array(value: list[object] | tuple[object, ...]) -> str:
    return f"[{','.join([_text(item) for item in value])}]"


def _sorted_keys(value: Mapping[object, object]) -> list[str]:
    """Sort by UTF-16 code units, which for keys in ASCII is the order of the characters."""
    keys = list(value)
    try:
        ascii_only = "".join(keys).isascii()  # type: ignore[arg-type]  # what cannot be joined is refused below
    except TypeError:
        other = next(type(key).__name__ for key in keys if not isinstance(key, str))
        message = f"object keys are strings in JSON, not {other}"
        raise ValueError(message) from None
    names = cast("list[str]", keys)
    return sorted(names) if ascii_only else sorted(names, key=_utf16_units)


def _utf16_units(key: str) -> bytes:
    return key.encode("utf-16-be")


def _integer(value: int) -> str:
    if abs(value) > LARGEST_EXACT_INTEGER:
        message = "an integer beyond 2**53 - 1 has no exact JSON form (RFC 8785)"
        raise ValueError(message)
    return str(value)


def _number(value: float) -> str:
    """Write a double as ECMAScript's Number::toString does (ECMA-262, 6.1.6.1.20)."""
    if not math.isfinite(value):
        message = "NaN and infinities are not JSON (RFC 8785)"
        raise ValueError(message)
    if value.is_integer() and abs(value) <= LARGEST_EXACT_INTEGER:
        return str(int(value))
    sign = "-" if value < 0 else ""
    # repr gives the shortest digits that read back as the same double, which is what ECMAScript asks for
    mantissa, _, exponent_text = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent_text or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """Put the decimal point after `point` digits, or write an exponent where ECMAScript does."""
    if len(digits) <= point <= _FIRST_EXPONENT:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _FIRST_EXPONENT:
        return f"{digits[:point]}.{digits[point:]}"
    if _LAST_FRACTION < point - 1 < 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    head = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{head}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    dict: _object,
    list: _array,
    tuple: _array,
    int: _integer,
    float: _number,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
}

_RELATIVES: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, encode_basestring),
    (int, _integer),
    (float, _number),
    (Mapping, _object),
    (list, _array),
    (tuple, _array),
)
