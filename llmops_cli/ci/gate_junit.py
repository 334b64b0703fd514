"""The report of a gate as JUnit XML: what GitLab, Jenkins and others show beside a merge request.

One test per prompt, one for the files, one for the gate itself. What was not decided is skipped where the policy
lets it through, and an error where it does not: never a passed test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.prompt_report import Conclusion, conclusion_of
from llmops_cli.reports.eval_junit import xml_attribute, xml_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.prompt_report import PromptReport

_TAGS = {Conclusion.FAILURE: "failure", Conclusion.ACTION_REQUIRED: "error", Conclusion.NEUTRAL: "skipped"}


@dataclass(frozen=True, slots=True)
class _Test:
    name: str
    tag: str
    title: str
    body: str = ""


def gate_junit(report: GateReport) -> str:
    """Return one test suite."""
    tests = list(_tests(report))
    tags = [test.tag for test in tests]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="llmops gate">']
    lines.append(
        f'  <testsuite name="llmops gate" tests="{len(tests)}" failures="{tags.count("failure")}"'
        f' errors="{tags.count("error")}" skipped="{tags.count("skipped")}">'
    )
    for test in tests:
        head = f'    <testcase classname="llmops gate" name={xml_attribute(test.name)}'
        if test.tag:
            told = f"<{test.tag} message={xml_attribute(test.title)}>{xml_body(test.body)}</{test.tag}>"
            lines.append(f"{head}>{told}</testcase>")
        else:
            lines.append(f"{head}/>")
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _tests(report: GateReport) -> Iterator[_Test]:
    errors = [finding for finding in report.findings if finding.is_error]
    listed = "\n".join(f"{error.path}:{error.position.line} {error.message} {error.hint}".strip() for error in errors)
    yield _Test("files", "failure" if errors else "", f"{len(errors)} errors in files of this change", listed)
    held = report.held_by
    places = "\n".join(f"{change.path}:{change.line} {change.message}" for change in held)
    yield _Test("the gate itself", "error" if held else "", f"this change loosens it in {len(held)} places", places)
    for prompt in report.prompts:
        tag = _TAGS.get(conclusion_of(prompt, strict=report.strict), "")
        yield _Test(prompt.prompt_id, tag, f"{prompt.word}: {next(iter(prompt.reasons), '')}", _body(prompt))


def _body(prompt: PromptReport) -> str:
    run = prompt.decisive or prompt.head_suite
    lines = list(prompt.reasons)
    for case in run.cases if run else ():
        lines += ["", f"case {case.case_id}, {case.path}:{case.line}", *case.reasons, f"answer: {case.head_output}"]
    return "\n".join(lines)
