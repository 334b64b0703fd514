"""Findings in four formats: readable, exact, and closed to what a file name or a message tries."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.golden import check_golden
from reports.hostile import CONTROL, HOSTILE
from rich.cells import cell_len

from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.reports.findings_github import findings_github
from llmops_cli.reports.findings_json import findings_json
from llmops_cli.reports.findings_sarif import FINGERPRINT, findings_sarif
from llmops_cli.reports.findings_text import count_severities, findings_summary, findings_text
from llmops_cli.reports.page import Page

FINDINGS = (
    Finding(
        path="prompts/summarize-email.yaml",
        position=Position(14, 5),
        rule="unknown-metric",
        message="'rogue_l' is no metric.",
        hint="Did you mean 'rouge_l'? List them: llmops metrics list",
    ),
    Finding(
        path="evals/a.yaml",
        position=Position(2, 1),
        severity=Severity.WARNING,
        rule="min-cases",
        message="the suite has 1 case; its gate asks for 20.",
    ),
    Finding(
        path="prompts/summarize-email.yaml",
        position=Position(3, 1),
        rule="duplicate-key",
        message="'id' stands twice.",
        related=(("prompts/summarize-email.yaml", Position(1, 1)),),
    ),
)


def text_of(page: Page) -> str:
    summary = findings_summary(2, count_severities(FINDINGS), page)
    return f"{findings_text(FINDINGS, page)}\n{summary}"


def hostile_findings() -> list[Finding]:
    return [
        Finding(path=text, rule="some-rule", message=text, hint=text, related=((text, Position()),)) for text in HOSTILE
    ]


def test_findings_read_like_the_golden_text() -> None:
    check_golden("reports/findings.txt", text_of(Page()))
    check_golden("reports/findings-unwrapped.txt", text_of(Page(wrap=False)))


def test_a_finding_that_is_not_wrapped_is_one_line() -> None:
    assert len(findings_text(FINDINGS, Page(wrap=False)).splitlines()) == len(FINDINGS)


def test_colours_change_nothing_but_colours() -> None:
    coloured = text_of(Page(colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text_of(Page())


def test_the_summary_says_when_all_is_well() -> None:
    assert (
        findings_summary(1, count_severities(()), Page())
        == "1 file checked, nothing to complain about. Next: llmops eval"
    )
    assert (
        findings_summary(3, count_severities(FINDINGS[1:2]), Page())
        == "No errors, 1 warning in 3 files. Next: llmops eval"
    )


def test_sarif_reads_like_the_golden_file() -> None:
    summaries = {"unknown-metric": "A metric is one that exists."}
    check_golden("reports/findings.sarif.json", findings_sarif(FINDINGS, tool_version="1.2.3", summaries=summaries))


def test_json_and_github_read_like_the_golden_files() -> None:
    check_golden("reports/findings.json", findings_json(FINDINGS, files=2))
    check_golden("reports/findings-github.txt", findings_github(FINDINGS))


def fingerprints(findings: tuple[Finding, ...]) -> list[str]:
    log = json.loads(findings_sarif(findings, tool_version="1", summaries={}))
    return [result["partialFingerprints"][FINGERPRINT] for result in log["runs"][0]["results"]]


def test_a_fingerprint_stays_when_lines_move_and_tells_equal_findings_apart() -> None:
    one, moved = (Finding(path="a.yaml", position=Position(line), rule="r", message="m") for line in (1, 7))
    assert fingerprints((one,)) == fingerprints((moved,))
    assert len(set(fingerprints((one, moved)))) == 2


def test_a_path_with_a_colon_is_no_scheme_in_sarif() -> None:
    log = json.loads(
        findings_sarif((Finding(path="javascript:x/ü.yaml", rule="r", message="m"),), tool_version="1", summaries={})
    )
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "javascript%3Ax/%C3%BC.yaml"


def test_a_message_in_sarif_holds_no_link() -> None:
    finding = Finding(path="a.yaml", rule="r", message="see [here](https://evil.example)")
    log = json.loads(findings_sarif((finding,), tool_version="1", summaries={}))
    assert "](" not in log["runs"][0]["results"][0]["message"]["text"]


def test_no_hostile_text_reaches_the_terminal_alive() -> None:
    for page in (Page(), Page(wrap=False)):
        text = findings_text(hostile_findings(), page)
        assert not CONTROL.search(text)
        assert "[bold red]markup" in text.replace("\n    ", " ")


def test_no_line_is_wider_than_the_page() -> None:
    for width in (40, 80, 120):
        lines = findings_text([*FINDINGS, *hostile_findings()], Page(width=width)).splitlines()
        assert max(map(cell_len, lines)) <= width


def test_every_line_of_the_github_format_is_one_command_of_ours() -> None:
    text = findings_github(hostile_findings())
    lines = text.splitlines()
    assert len(lines) == len(HOSTILE)
    assert not CONTROL.search(text)
    for line in lines:
        assert re.fullmatch(r"::error file=[^,:\n]*,line=1,col=1,title=some-rule::.*", line)


# the runner's own order: https://github.com/actions/toolkit (command.ts escapes, ActionCommand.cs undoes)
def unescape(text: str) -> str:
    return text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_printable_text_comes_back_from_a_workflow_command(message: str) -> None:
    line = findings_github([Finding(path="a.yaml", rule="r", message=message)])
    assert unescape(line.split("::", 2)[2]) == message.strip()


@pytest.mark.parametrize("make", [findings_json, findings_sarif])
def test_machine_formats_are_ascii_json_whatever_the_text(make: object) -> None:
    if make is findings_json:
        text = findings_json(hostile_findings(), files=1)
    else:
        text = findings_sarif(hostile_findings(), tool_version="1", summaries={})
    assert text.isascii()
    json.loads(text)


def test_a_pipe_gets_the_lines_that_a_terminal_would_lay_out() -> None:
    findings = [*FINDINGS, *hostile_findings()]
    laid_out = findings_text(findings, Page(width=1_000_000))
    assert findings_text(findings, Page(wrap=False)) == laid_out
