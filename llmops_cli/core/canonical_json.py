"""Canonical JSON (RFC 8785, JCS) and the digests made from it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue

LARGEST_EXACT_INTEGER = 2**53 - 1
"""Beyond this an IEEE 754 double skips integers; RFC 8785 section 3.2.2.3 and RFC 7493 refuse such numbers."""

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
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces).encode("utf-8")


def digest_of(value: JsonValue) -> str:
    """Return `sha256:` and 64 hexadecimal digits: the SHA-256 of the canonical JSON of `value`."""
    return digest_of_bytes(canonical_json(value))


def digest_of_bytes(data: bytes) -> str:
    """Return `sha256:` and 64 hexadecimal digits: the SHA-256 of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def short_digest(digest: str) -> str:
    """Return the 12 hexadecimal digits that people are shown; enough to tell any two apart in practice."""
    return digest.removeprefix("sha256:")[:12]


def _write(value: object, pieces: list[str]) -> None:
    if value is None or value is True or value is False:
        pieces.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        pieces.append(encode_basestring(value))
    elif isinstance(value, int):
        pieces.append(_integer(value))
    elif isinstance(value, float):
        pieces.append(_number(value))
    elif isinstance(value, Mapping):
        _write_object(value, pieces)
    elif isinstance(value, (list, tuple)):
        _write_array(value, pieces)
    else:
        message = f"{type(value).__name__} is not a JSON value"
        raise ValueError(message)


def _write_object(value: Mapping[object, object], pieces: list[str]) -> None:
    pieces.append("{")
    for index, key in enumerate(_sorted_keys(value)):
        pieces.append("," if index else "")
        pieces.append(encode_basestring(key))
        pieces.append(":")
        _write(value[key], pieces)
    pieces.append("}")


def _sorted_keys(value: Mapping[object, object]) -> list[str]:
    """Sort by UTF-16 code units, which for keys in ASCII is the order of the characters."""
    keys = [_checked_key(key) for key in value]
    return sorted(keys) if all(map(str.isascii, keys)) else sorted(keys, key=_utf16_units)


def _write_array(value: list[object] | tuple[object, ...], pieces: list[str]) -> None:
    pieces.append("[")
    for index, item in enumerate(value):
        pieces.append("," if index else "")
        _write(item, pieces)
    pieces.append("]")


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        message = f"object keys are strings in JSON, not {type(key).__name__}"
        raise ValueError(message)  # noqa: TRY004 - as above
    return key


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
    if value == 0:
        return "0"
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
