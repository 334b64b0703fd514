"""Reports of runs: what people see, what machines read, and what hostile text cannot do in either."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.golden import check_golden
from reports.hostile import CONTROL, HOSTILE, LOG_COMMAND
from reports.outcomes import outcome, rows
from rich.cells import cell_len

from llmops_cli.reports.eval_csv import defused, eval_csv
from llmops_cli.reports.eval_json import eval_json
from llmops_cli.reports.eval_junit import eval_junit
from llmops_cli.reports.eval_markdown import code, eval_markdown, prose
from llmops_cli.reports.eval_text import eval_text, overview_text
from llmops_cli.reports.page import Page


def test_a_run_reads_like_the_golden_reports() -> None:
    check_golden("reports/eval.txt", eval_text(outcome(), Page()))
    check_golden("reports/eval.md", eval_markdown([outcome()]))
    check_golden("reports/eval.json", eval_json([outcome()]))
    check_golden("reports/eval.xml", eval_junit([rows("Hello")]))
    check_golden("reports/eval.csv", eval_csv(rows("Hello")))


def test_critical_cases_are_quoted_first() -> None:
    text = eval_text(outcome(), Page())
    assert text.index("summarize-email trial 3 critical") < text.index("refund-late")


def test_colours_change_nothing_but_colours() -> None:
    coloured = eval_text(outcome(), Page(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == eval_text(outcome(), Page())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("width", [40, 80, 132])
def test_no_text_escapes_or_overflows_the_terminal(text: str, width: int) -> None:
    value = outcome(name=text, model=text, expected=text, got=text, reason=text)
    for shown in (eval_text(value, Page(width=width)), overview_text([value, value], Page(width=width))):
        assert not CONTROL.search(shown)
        assert not LOG_COMMAND.search(shown)
        assert max(map(cell_len, shown.splitlines())) <= width


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_comes_alive_in_markdown(text: str) -> None:
    shown = eval_markdown([outcome(name=text, model=text, expected=text, got=text, reason=text)])
    assert not CONTROL.search(shown)
    assert not re.search("(?m)^\\s*::", shown)
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    outside_code = re.sub(r"\\.", "", outside_code)  # an escaped character is that character
    tags = set(re.findall(r"<[^>]*>", outside_code))
    assert tags <= {"<details>", "<summary>", "</summary>", "</details>", "<br>", "<!-- -->"}
    assert "](" not in outside_code


def test_code_holds_any_backticks_and_prose_no_mention() -> None:
    assert code("a ``b`` c") == "```a ``b`` c```"
    assert code("`") == "`` ` ``"
    assert "@team" not in prose("ask @team about #12 and https://evil.example")


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_wellformed_whatever_the_text(text: str) -> None:
    shown = eval_junit([rows(text)])
    assert not re.search("(?m)^\\s*::", shown)
    tree = ET.fromstring(shown)  # noqa: S314 - our own
    suite = tree.find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    (failure,) = suite.findall("testcase/failure")
    assert failure.text is not None
    assert failure.text.startswith("contains: ")
    assert "expected: " in failure.text
    assert "got: " in failure.text


@given(st.text())
def test_junit_is_wellformed_for_any_text(text: str) -> None:
    ET.fromstring(eval_junit([rows(text)]))  # noqa: S314 - our own


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "  =1", "\t=1", "\r=1", "%x", "|x"])
def test_no_cell_of_the_csv_is_a_formula(text: str) -> None:
    assert not defused(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "%", "|"))
    assert not re.search("(?m)^\\s*::", eval_csv(rows(text)))
    for row in csv.reader(io.StringIO(eval_csv(rows(text)))):
        assert not any(re.match(r"\s*[=@]", cell) for cell in row)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_categories=("Cf", "Cc", "Zl"))))
def test_the_csv_has_a_row_per_trial_for_any_text(text: str) -> None:
    listed = list(csv.DictReader(io.StringIO(eval_csv(rows(text)))))
    assert [row["state"] for row in listed] == ["pass", "fail", "error", "not run"]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_ascii_and_keeps_the_text_exactly(text: str) -> None:
    shown = eval_json([outcome(got=text)])
    assert shown.isascii()
    assert json.loads(shown)["runs"][0]["failing"][1]["got"] == text


def test_a_case_that_worked_before_comes_before_those_that_never_did() -> None:
    found = outcome(name="zulu")
    broken = replace(found, broken=frozenset({"refund-late"}))
    plain = eval_text(found, Page()).splitlines()
    told = eval_text(broken, Page()).splitlines()
    assert any("4 cases, 15 trials; 1 of them worked in the baseline" in line for line in told)
    assert any(line.startswith("  refund-late trial 1 worked before  evals/") for line in told)
    # a critical case decides alone, and stays first
    assert [line.split()[0] for line in told if " trial " in line and "evals/" in line] == ["zulu", "refund-late"]
    assert not any("worked" in line for line in plain)
    assert json.loads(eval_json([broken]))["runs"][0]["broken"] == ["refund-late"]


def test_beside_other_runs_a_failing_case_takes_one_line() -> None:
    brief = eval_text(outcome(reason="does not contain " + "refund " * 40), Page(), brief=True).splitlines()
    (first, second) = (line for line in brief if "trial 1" in line or "trial 3 critical" in line)
    assert first == "  summarize-email trial 3 critical  contains: does not contain refund refund re…"
    assert second.startswith("  refund-late trial 1   contains: does not contain")
    assert all(len(line) <= 80 for line in brief)
