"""Strict JSON: laws, what the C decoder would let pass, and places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.json_document import parse_json_document

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


def rules(text: str) -> list[str]:
    return [finding.rule for finding in parse_json_document(text.encode("utf-8", "surrogatepass"), "b.json").findings]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_root_or_an_error(data: bytes) -> None:
    document = parse_json_document(data, "b.json")
    assert document.root is not None or any(finding.is_error for finding in document.findings)


@given(st.text(alphabet='{}[]":,0123456789.eE+-\\u tfnNaIi\n', max_size=60))
def test_what_passes_is_what_json_reads(text: str) -> None:
    document = parse_json_document(text.encode(), "b.json")
    if document.root is not None:
        assert document.root == json.loads(text)


@given(OBJECTS, st.booleans())
def test_a_round_trip_keeps_the_value_and_every_place(value: dict[str, Any], escape: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, indent=1, ensure_ascii=escape)
    document = parse_json_document(text.encode(), "b.json")
    assert document.root == value
    lines = text.split("\n")
    for key in value:
        place = document.key_position_of(key)
        assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(key, ensure_ascii=escape) + ":")


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ('{"a": 1,\n "a": 2}', "duplicate-key", Position(2, 2)),
        ('{"a": {"b": NaN}}', "non-finite-number", Position(1, 13)),
        ('{"a": -Infinity}', "non-finite-number", Position(1, 7)),
        ('{"a": [1, 1e999]}', "non-finite-number", Position(1, 11)),
        ('{"a": 9007199254740992}', "number-too-large", Position(1, 7)),
        ('{"a": ' + "9" * 5000 + "}", "number-too-large", Position(1, 7)),
        ('{"a": "\\ud800"}', "lone-surrogate", Position(1, 7)),
        ('{"a\\u0000": 1}', "control-character", Position(1, 2)),
        ('{"a": 1,}', "json-syntax", Position(1, 9)),
        ('{"a": 1} x', "json-syntax", Position(1, 10)),
        ("[1]", "not-a-mapping", Position(1, 1)),
        ('{"a": ' + "[" * 64 + "]" * 64 + "}", "too-deep", Position(1, 70)),
        ('{"a": ' + "[" * 50_000, "too-deep", Position(1, 70)),
    ],
)
def test_what_strict_json_refuses_is_placed(text: str, rule: str, place: Position) -> None:
    (finding,) = parse_json_document(text.encode(), "b.json").findings
    # Python 3.13 names the comma, earlier ones the bracket after it
    assert (finding.rule, finding.position.line) == (rule, place.line)
    assert abs(finding.position.column - place.column) <= (rule == "json-syntax")


def test_depth_64_is_read() -> None:
    assert rules('{"a": ' + "[" * 63 + "]" * 63 + "}") == []


def test_brackets_inside_texts_do_not_count() -> None:
    assert rules('{"a": "' + "[" * 1000 + '"}') == []


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse_json_document(b'{"a": "\\ud83d\\ude00"}', "b.json").root == {"a": "\U0001f600"}


def test_places_reach_into_lists() -> None:
    document = parse_json_document(b'{"a": [1, {"b":\n  true}]}', "b.json")
    assert document.position_of("a", 1, "b") == Position(2, 3)
    assert document.key_position_of("a", 1, "b") == Position(1, 12)
    assert document.position_of("a", 0) == Position(1, 8)
