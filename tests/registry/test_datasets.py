"""Datasets: the same cases from four formats, and findings at the row that is wrong."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.registry.documents.datasets import DatasetRows, read_cases_rows

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def findings_of(rows: DatasetRows) -> list[tuple[str, int]]:
    return [(finding.rule, finding.position.line) for finding in rows.findings]


def test_four_formats_say_the_same() -> None:
    case = {"id": "c1", "variables": {"body": "x"}, "expected": "y", "tags": ["a", "b"], "critical": True}
    line = json.dumps(case)
    forms = {
        "c.jsonl": line + "\n",
        "c.json": '{"cases": [' + line + "]}",
        "c.yaml": "cases:\n  - " + line + "\n",
        "c.csv": "id,body,expected,tags,critical\nc1,x,y,a b,true\n",
    }
    for path, text in forms.items():
        rows = read_cases_rows(text.encode(), path)
        assert rows.findings == ()
        assert [row.value for row in rows.rows] == [case]
    assert [read_cases_rows(text.encode(), path).rows[0].line for path, text in forms.items()] == [1, 1, 2, 2]


@given(st.binary(max_size=200), st.sampled_from(["c.jsonl", "c.csv", "c.json", "c.yaml", "c.yml", "c.txt", "c"]))
def test_any_bytes_give_rows_or_an_error(data: bytes, path: str) -> None:
    rows = read_cases_rows(data, path)
    assert rows.rows or any(finding.is_error for finding in rows.findings)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_csv_cells_arrive_as_they_are(cells: list[tuple[str, str]]) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["id", "body", "more"])
    writer.writerows([f"c{index}", *pair] for index, pair in enumerate(cells))
    rows = read_cases_rows(table.getvalue().encode(), "c.csv")
    assert [row.value["variables"] for row in rows.rows] == [{"body": one, "more": two} for one, two in cells]


def test_a_bad_row_does_not_hide_the_others() -> None:
    text = '{"id": "a"}\n\n[1]\n{"id": "b", "wieght": 2}\n{"id": "c", "id": "d"}\n{"id": "e"\n{"id": "f"}'
    rows = read_cases_rows(text.encode(), "c.jsonl")
    assert [(row.value["id"], row.line) for row in rows.rows] == [("a", 1), ("f", 7)]
    assert findings_of(rows) == [("wrong-type", 3), ("unknown-key", 4), ("duplicate-key", 5), ("json-syntax", 6)]
    assert rows.findings[1].hint == "Did you mean 'weight'?"


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    rows = read_cases_rows('{"id": "a", "variables": {"b": "x\u2028y"}}\n'.encode(), "c.jsonl")
    assert rows.rows[0].value["variables"] == {"b": "x\u2028y"}


def test_test_data_may_hold_what_prompts_may_not() -> None:
    rows = read_cases_rows(b'{"id": "a", "variables": {"b": "\\u202e\\u0000\\r\\n"}}\n', "c.jsonl")
    assert rows.findings == ()


@pytest.mark.parametrize(
    ("text", "rule", "line", "words"),
    [
        ("id;body\nc1;a\n", "dataset-columns", 1, "';'"),
        ("id\tbody\nc1\ta\n", "dataset-columns", 1, "tabs"),
        ("name,body\nc1,a\n", "dataset-columns", 1, "no column 'id'"),
        ("id,body,body\nc1,a,b\n", "dataset-columns", 1, "twice"),
        ("id,,body\nc1,a,b\n", "dataset-columns", 1, "no name"),
        ('id,body\nc0,"a\nb"\nc1,a,b\n', "dataset-row", 4, "3 fields"),
        ("id,body\n,a\n", "dataset-row", 2, "no id"),
        ("id,critical\nc1,maybe\n", "dataset-row", 2, "'maybe'"),
        ('id,body\nc1,"a\n', "dataset-row", 2, "cannot be read"),
        ("id,body\n", "dataset-empty", 1, "no cases"),
    ],
)
def test_a_csv_that_is_wrong_says_where_and_why(text: str, rule: str, line: int, words: str) -> None:
    rows = read_cases_rows(text.encode(), "c.csv")
    assert findings_of(rows) == [(rule, line)]
    assert words in rows.findings[0].message


def test_a_byte_order_mark_and_crlf_do_not_reach_the_first_column() -> None:
    rows = read_cases_rows(b"\xef\xbb\xbfid,body\r\nc1,a\r\n", "c.csv")
    assert [row.value["id"] for row in rows.rows] == ["c1"]
    assert [finding.rule for finding in rows.findings] == ["byte-order-mark"]


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("c.yaml", "rows: []\n", "dataset-format"),
        ("c.yaml", "cases: []\nmore: 1\n", "dataset-format"),
        ("c.yaml", "cases: []\n", "dataset-empty"),
        ("c.json", "[]", "not-a-mapping"),
        ("c.xml", "<a/>", "dataset-format"),
        ("c.jsonl", "\n\n", "empty-file"),
    ],
)
def test_another_shape_is_named(path: str, text: str, rule: str) -> None:
    assert [finding.rule for finding in read_cases_rows(text.encode(), path).findings] == [rule]


def test_a_problem_inside_a_yaml_case_is_placed() -> None:
    rows = read_cases_rows(b"cases:\n- {id: a}\n- id: b\n  weight: heavy\n", "c.yaml")
    assert [row.value["id"] for row in rows.rows] == ["a"]
    assert findings_of(rows) == [("wrong-type", 4)]
    assert "cases[1].weight" in rows.findings[0].message
