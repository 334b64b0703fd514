"""The gate for GitLab and others: JUnit and the code quality report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ci.gate_world import DATASET, PROMPT, SUITE, GateWorld
from ci.github.gate_reports import finding, report
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_cli.ci.gate_junit import gate_junit
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Severity
from llmops_cli.reports.findings_codequality import findings_codequality

if TYPE_CHECKING:
    from llmops_cli.core.findings import Finding


def states(xml: str) -> dict[str, str]:
    """Return what each test came to, by its name."""
    suite = ET.fromstring(xml)[0]  # noqa: S314 - our own
    return {test.attrib["name"]: test[0].tag if len(test) else "passed" for test in suite}


def test_junit_has_a_test_per_prompt_one_for_files_and_one_for_the_gate(world: GateWorld) -> None:
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    world.edit(SUITE, "limit: 4", "limit: 400")
    world.bump()

    outcome = world.llmops("gate", "--base", "main", "--format", "junit")

    assert outcome.code == 1
    assert states(outcome.out) == {"files": "passed", "the gate itself": "error", "repeat": "failure"}
    assert "case case-07, evals/cases/repeat.jsonl:7" in outcome.out


def test_what_was_not_decided_is_never_a_passed_test() -> None:
    for code, strict, expected in (
        (ExitCode.INCONCLUSIVE, False, "skipped"),
        (ExitCode.INCONCLUSIVE, True, "failure"),
        (ExitCode.NOT_RUN, False, "error"),
        (ExitCode.PROVIDER_FAILED, False, "error"),
        (ExitCode.INCOMPARABLE, False, "error"),
        (ExitCode.PASS, False, "passed"),
    ):
        value = replace(report("word", code=code), strict=strict)
        assert states(gate_junit(value))["sum-up"] == expected, code


def test_invalid_files_are_a_failure() -> None:
    value = replace(report("word"), findings=(finding("x", Severity.ERROR),), prompts=())

    assert states(gate_junit(value))["files"] == "failure"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_any_text_stays_text_in_both_formats(text: str) -> None:
    assert len(states(gate_junit(report(text)))) == 3
    (row,) = json.loads(findings_codequality((finding(text),)))
    assert row["location"]["path"] == f"prompts/{text}.yaml"


def test_code_quality_names_places_and_keeps_its_fingerprints_when_lines_move() -> None:
    def fingerprints(*found: Finding) -> list[str]:
        return [row["fingerprint"] for row in json.loads(findings_codequality(found))]

    one, other = finding("a"), finding("b", Severity.ERROR)
    moved = replace(one, position=replace(one.position, line=99))

    assert fingerprints(one) == fingerprints(moved)
    assert len(set(fingerprints(one, one, other))) == 3
    severities = [row["severity"] for row in json.loads(findings_codequality((one, other)))]
    assert severities == ["minor", "major"]


def test_the_gate_and_validate_write_code_quality_reports(world: GateWorld) -> None:
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    world.bump()
    rows = json.loads(world.llmops("gate", "--base", "main", "--format", "codequality").out)

    assert {row["check_name"] for row in rows} == {"case-regressed"}
    assert {row["location"]["path"] for row in rows} == {DATASET}

    world.edit(PROMPT, "type: string", "type: strnig")
    rows = json.loads(world.llmops("validate", "--format", "codequality").out)

    assert rows[0]["location"]["path"] == PROMPT
    assert rows[0]["severity"] == "major"


def test_a_clean_repository_gives_an_empty_code_quality_report(world: GateWorld) -> None:
    outcome = world.llmops("validate", "prompts", "--format", "codequality")

    assert (outcome.code, json.loads(outcome.out)) == (0, [])
