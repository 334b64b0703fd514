"""Canonical JSON agrees with RFC 8785 and with an independent implementation of it."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.canonical_json import canonical_json, digest_of, short_digest

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue

EXACT = 2**53 - 1
WELL_FORMED_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-EXACT, EXACT)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WELL_FORMED_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WELL_FORMED_TEXT, inner, max_size=4),
    max_leaves=20,
)

# RFC 8785, appendix B: IEEE 754 bit patterns with the text that ECMAScript gives them
RFC_NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), RFC_NUMBERS)
def test_numbers_are_written_as_the_standard_lists_them(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number).decode() == text


@given(JSON_VALUES)
def test_every_value_has_the_bytes_of_the_independent_implementation(value: JsonValue) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(JSON_VALUES)
def test_reading_the_canonical_form_gives_the_value_back(value: JsonValue) -> None:
    # ECMAScript writes 1e16 without an exponent, so whole numbers are read as the doubles that they are
    assert json.loads(canonical_json(value), parse_int=float) == value


@given(st.dictionaries(WELL_FORMED_TEXT, st.integers(-EXACT, EXACT)))
def test_the_order_of_keys_does_not_change_the_digest(document: dict[str, int]) -> None:
    assert digest_of(document) == digest_of(dict(reversed(document.items())))


def test_keys_are_sorted_by_utf16_units_and_not_by_code_points() -> None:
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}).decode() == '{"\U0001f600":2,"\ufb33":1}'


def test_text_is_not_normalised() -> None:
    assert digest_of("caf\u00e9") != digest_of("cafe\u0301")


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, {1: "a"}, "\ud800", {"\udc00": 1}, {"a": object()}, {1, 2}],
)
def test_what_json_cannot_say_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_json(value)


def test_people_see_twelve_digits() -> None:
    assert short_digest(digest_of("")) == digest_of("")[7:19]
