"""Strict YAML: laws over any bytes, values by the core schema, places, and what comments lift."""

from __future__ import annotations

import gc
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml.loader import SafeLoader

from llmops_cli.core.findings import Position, Severity
from llmops_cli.registry.documents import yaml_document
from llmops_cli.registry.documents.parser_rules import PARSER_RULES
from llmops_cli.registry.documents.yaml_document import parse_yaml_document

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue

LETTERS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | LETTERS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4), max_leaves=20
)
OBJECTS = st.dictionaries(LETTERS.filter(bool), VALUES, max_size=5)
YAML_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "b:",
                ": ",
                "- ",
                "\n",
                "  ",
                "\t",
                "#",
                "{",
                "}",
                "[",
                "]",
                ",",
                "&x",
                "*x",
                "!t ",
                "<<: ",
                "|\n",
                ">-\n",
            ),
            *(
                "'",
                '"',
                "\\u200b",
                "\u200b",
                "---\n",
                "...\n",
                "%YAML 1.2\n",
                "? ",
                "\r",
                "\u2028",
                "é",
                "😀",
                "\x00",
                ".nan",
            ),
            *("# llmops: allow U+200B, because x\n", "\n<<<<<<< a\n", "\ufeff", "017", "~", "1e999"),
        ]
    ),
    max_size=40,
).map("".join)


def rules(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [finding.rule for finding in parse_yaml_document(data, "p.yaml").findings]


def root(text: str) -> dict[str, JsonValue]:
    document = parse_yaml_document(text.encode(), "p.yaml")
    assert document.findings == ()
    assert document.root is not None
    return document.root


@given(st.binary(max_size=300))
def test_any_bytes_give_a_root_or_an_error_and_never_an_exception(data: bytes) -> None:
    document = parse_yaml_document(data, "p.yaml")
    assert document.root is not None or any(finding.is_error for finding in document.findings)


@given(YAML_PIECES)
def test_anything_that_looks_like_yaml_gives_known_findings_inside_the_file(text: str) -> None:
    document = parse_yaml_document(text.encode(), "p.yaml")
    assert document.root is not None or any(finding.is_error for finding in document.findings)
    for finding in document.findings:
        assert finding.rule in PARSER_RULES
        assert 1 <= finding.position.line <= text.count("\n") + 1


@given(YAML_PIECES)
def test_the_parser_written_in_python_gives_the_same_values(text: str) -> None:
    fast = parse_yaml_document(text.encode(), "p.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_document, "EventParser", SafeLoader)
        slow = parse_yaml_document(text.encode(), "p.yaml")
    if fast.findings == () == slow.findings:
        assert fast.root == slow.root


@given(OBJECTS)
def test_what_json_says_is_read_as_json_reads_it(value: dict[str, Any]) -> None:
    text = json.dumps(value)
    document = parse_yaml_document(text.encode(), "p.json")
    assert [finding.message for finding in document.findings] == []
    assert document.root == json.loads(text)


@given(OBJECTS)
def test_every_position_points_at_its_key(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    document = parse_yaml_document(text.encode(), "p.json")
    lines = text.split("\n")
    for key in value:
        place = document.key_position_of(key)
        assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(key) + ":")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("on", "on"), ("y", "y"), ("1:30", "1:30"), ("017", "017"), ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"), ("true", True), ("FALSE", False), ("~", None), ("", None), ("null", None), ("nUll", "nUll"),
        ("12", 12), ("-3", -3), ("+4", 4), ("0x1F", 31), ("0o17", 15), ("1.10", 1.1), (".5", 0.5), ("1e3", 1000.0),
        ("5.", 5.0), ("1.2.3", "1.2.3"), ("- x", ["x"]), ("'12'", "12"), ('"\\u0041"', "A"), (".a", ".a"), ("+", "+"),
        ("9007199254740991", 2**53 - 1), ("1e-3", 0.001), ("v1", "v1"), ("é", "é"),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_the_core_schema_says(written: str, value: JsonValue) -> None:
    separator = "\n" if written.startswith("- ") else " "
    found = root(f"a:{separator}{written}\n")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        (".nan", "non-finite-number"), ("-.INF", "non-finite-number"), ("1e999", "non-finite-number"),
        ("9007199254740992", "number-too-large"), ("0xffffffffffffffffffff", "number-too-large"),
        ("9" * 5000, "number-too-large"), ("1" * 400 + ".0", "non-finite-number"),
    ],
)  # fmt: skip
def test_a_number_that_json_cannot_hold_exactly_is_refused(written: str, rule: str) -> None:
    assert rules(f"a: {written}\n") == [rule]


def test_a_number_in_quotes_is_text_of_any_length() -> None:
    assert root(f"a: '{'9' * 5000}'\n")["a"] == "9" * 5000


def test_positions_count_characters_not_bytes() -> None:
    document = parse_yaml_document('"ü😀": {b: [1, é, {c: 2}]}\n'.encode(), "p.yaml")
    assert document.position_of("ü😀", "b", 2, "c") == Position(1, 22)
    assert document.key_position_of("ü😀", "b", 2, "c") == Position(1, 19)


def test_the_position_of_what_is_not_there_is_that_of_the_nearest_parent() -> None:
    document = parse_yaml_document(b"model:\n  name: x\n", "p.yaml")
    assert document.position_of("model", "temperature") == Position(2, 3)
    assert document.position_of("nothing", "here") == Position(1, 1)
    assert document.key_position_of("model") == Position(1, 1)


def test_the_first_of_two_equal_keys_holds_and_both_places_are_named() -> None:
    document = parse_yaml_document(b"a: 1\nb: {a: 2}\na: {c: 3}\n", "p.yaml")
    assert document.root == {"a": 1, "b": {"a": 2}}
    (finding,) = document.findings
    assert finding.position == Position(3, 1)
    assert finding.related == (("p.yaml", Position(1, 1)),)


def test_a_file_gives_all_its_findings_in_order() -> None:
    text = 'a: "x\\e"\nb: &x 1\nc: *x\nb: 2\nd: .inf\n5: six\ne: !t y\n'
    assert rules(text) == [
        "control-character", "anchor", "anchor", "duplicate-key", "non-finite-number", "non-string-key", "tag",
    ]  # fmt: skip


def test_an_alias_bomb_gives_some_findings_and_their_number() -> None:
    document = parse_yaml_document(("a: [" + "&x 1, " * 500 + "2]\n").encode(), "p.yaml")
    assert len(document.findings) == 21
    assert document.findings[-1].severity is Severity.NOTE
    assert document.findings[-1].message.startswith("480 more")


def test_depth_32_is_read_and_depth_33_is_refused() -> None:
    assert rules("a: " + "[" * 31 + "]" * 31) == []
    assert rules("a: " + "[" * 32 + "]" * 32) == ["too-deep"]


def test_a_tab_inside_a_text_is_no_indentation() -> None:
    assert root("a: |\n  x\n  \ty\n")["a"] == "x\n\ty\n"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: b: c\n", "quotes"), ("a: @x\n", "quotes"), ('a: "x\n', "closing quote"), ("a: [1,\n", "bracket"),
        ('a: "\\q"\n', "backslash"), ("a:\n  - b\n c: d\n", "line above"), ("a: {{ x }}\n", "quote it"),
        ("a: {b: 1\n", "}"),
        ('a: "x" y\n', "line above"), ('a: "\\ud800"\n', "code point"), ("a\nb: c\n", ""),
    ],
)  # fmt: skip
def test_a_syntax_error_says_what_to_do(text: str, hint: str) -> None:
    document = parse_yaml_document(text.encode(), "p.yaml")
    assert document.root is None
    assert any(hint in finding.hint for finding in document.findings if finding.is_error)


@pytest.mark.parametrize("text", ["---\na: 1\n", "a: 1\n...\n", "# c\na: 1\n", "a: 1", "a:\r\n  - 1\r\n"])
def test_one_document_may_be_framed(text: str) -> None:
    assert rules(text) == []


def test_a_byte_order_mark_is_left_out_with_a_warning() -> None:
    document = parse_yaml_document(b"\xef\xbb\xbfa: 1\n", "p.yaml")
    assert document.root == {"a": 1}
    assert [finding.severity for finding in document.findings] == [Severity.WARNING]
    assert document.key_position_of("a") == Position(1, 1)


def test_a_comment_with_a_reason_lifts_the_whole_next_value_and_nothing_else() -> None:
    text = "# llmops: allow U+00AD, because of hyphens\na: |\n  x\n  y\u00ad\nb: z\u00ad\n"
    document = parse_yaml_document(text.encode(), "p.yaml")
    assert [(f.rule, f.position) for f in document.findings] == [("invisible-character", Position(5, 5))]
    assert set(document.lines_allowing) == {2, 3, 4}
    assert document.lines_allowing[4] == frozenset({0xAD})


@pytest.mark.parametrize(
    "text",
    [
        "# llmops: allow U+200B\na: x\u200b\n",
        "# llmops: allow zero width, because x\na: x\u200b\n",
        "# llmops: alow U+200B, because x\na: x\u200b\n",
    ],
)
def test_a_comment_without_reason_or_code_point_lifts_nothing(text: str) -> None:
    assert rules(text) == ["allow-comment", "invisible-character"]


def test_a_comment_that_lifts_nothing_is_a_warning() -> None:
    document = parse_yaml_document(b"# llmops: allow U+200B, because x\na: x\n", "p.yaml")
    assert [(f.rule, f.severity) for f in document.findings] == [("allow-comment", Severity.WARNING)]


def test_a_comment_inside_a_text_is_text() -> None:
    assert rules("a: |\n  # llmops: allow U+200B, because x\n  y\u200b\n") == ["invisible-character"]


def test_an_escaped_character_can_be_lifted_and_a_raw_control_cannot() -> None:
    assert rules('# llmops: allow U+000D, because of stop\na: "\\r"\n') == []
    assert rules("# llmops: allow U+001B, because of x\na: x\x1b\n") == ["allow-comment", "control-character"]


def test_a_character_that_is_both_written_and_escaped_is_reported_once() -> None:
    assert rules('a: "\u200b \\e"\n') == ["control-character", "invisible-character"]


def test_line_breaks_that_only_yaml_sees_are_all_named() -> None:
    assert rules("a: |\n  x\u2028y\u2029z\x85\n") == ["line-break"] * 3


def test_no_value_is_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_document, "EventParser", SafeLoader)
    assert root("a: 1.5e308\n")["a"] == pytest.approx(1.5e308)
    assert not math.isinf(1.5e308)


def test_a_document_leaves_nothing_for_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            parse_yaml_document(b"a: {b: [1, 2]}\n", "p.yaml")
        assert gc.collect() == 0
    finally:
        gc.enable()
