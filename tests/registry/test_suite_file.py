from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Position, Severity
from llmops_cli.core.prompts import ModelSettings, Prompt, Variable, VariableType
from llmops_cli.core.scores import ParameterProblem
from llmops_cli.core.suites import GatePolicy, MetricSpec, Suite
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.suite_file import ParsedSuite, parse_suite

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMPT = Prompt(
    id="demo",
    version=1,
    path="prompts/demo.yaml",
    model=ModelSettings(name="echo/x"),
    messages=(),
    variables=(
        Variable(name="email"),
        Variable(name="limit", type=VariableType.INTEGER, default=3, has_default=True),
    ),
)
ONE_CASE = "cases:\n  - {id: c1, variables: {email: hi}}\n"


class Metrics:
    """A table of two metrics: one compares, one must have a positive limit."""

    def names(self) -> Sequence[str]:
        return ("equals", "max_words")

    def check(self, spec: MetricSpec) -> Sequence[ParameterProblem]:
        if spec.metric not in self.names():
            return [ParameterProblem(parameter="metric", message="no such metric.", rule="unknown-metric")]
        if spec.parameters.get("limit") == 0:
            return [ParameterProblem(parameter="limit", message="cannot fail.", severity=Severity.WARNING)]
        return []

    def required_expected(self, spec: MetricSpec) -> bool:
        return spec.metric == "equals" and "expected" not in spec.parameters


def parsed(text: str, **files: str) -> ParsedSuite:
    return parsed_for(PROMPT, text, **files)


def parsed_for(prompt: Prompt | None, text: str, **files: str) -> ParsedSuite:
    named = {f"evals/{name.replace('__', '.')}": content.encode() for name, content in files.items()}

    def read(path: str) -> bytes:
        if path not in named:
            raise FileNotFoundError(path)
        return named[path]

    document = parse_yaml_document(f"prompt: demo\n{text}".encode(), "evals/demo.yaml")
    return parse_suite(document, read_dataset=read, metrics=Metrics(), prompt=prompt, prompt_ids=("demo", "other"))


def suite_of(text: str, **files: str) -> Suite:
    result = parsed(text, **files)
    assert result.findings == ()
    assert result.suite is not None
    return result.suite


def rules(result: ParsedSuite) -> list[tuple[str, int]]:
    return sorted((finding.rule, finding.position.line) for finding in result.findings)


def test_every_field_of_the_file_is_in_the_suite() -> None:
    suite = suite_of(
        "cases:\n"
        "  - {id: c1, variables: {email: hi}, expected: [a, b], tags: [x], critical: true, weight: 2, source: me,\n"
        "     cluster: k, metrics: [{metric: equals}]}\n"
        "repeats: 3\n"
        "metrics: [{metric: max_words, limit: 30, required: true, weight: 2, not: true}]\n"
        "gate: {margin: 0.03, min_cases: 1}\n"
        "budget: {cost_usd: 1.5}\n",
    )
    (case,) = suite.cases
    assert (case.id, case.expected, case.tags, case.critical, case.weight) == ("c1", ("a", "b"), ("x",), True, 2)
    assert (case.source, case.cluster, case.path, case.line) == ("me", "k", "evals/demo.yaml", 3)
    assert [spec.name for spec in suite.metrics_of(case)] == ["max_words", "equals"]
    assert suite.metrics[0] == MetricSpec(
        metric="max_words",
        name="max_words",
        parameters={"limit": 30},
        negated=True,
        required=True,
        weight=2,
    )
    assert (suite.repeats, suite.max_cost_usd) == (3, 1.5)
    assert suite.gate == GatePolicy(margin=0.03, min_cases=1)


def test_metrics_of_one_kind_are_numbered_around_the_names_that_authors_gave() -> None:
    suite = suite_of(
        ONE_CASE.replace("}}", "}, metrics: [{metric: max_words}]}")
        + "metrics: [{metric: max_words}, {metric: max_words}, {metric: max_words, name: max_words-3}]\n",
    )
    names = [spec.name for spec in suite.metrics_of(suite.cases[0])]
    assert names == ["max_words", "max_words-2", "max_words-3", "max_words-4"]


def test_a_name_given_twice_is_a_finding() -> None:
    result = parsed(ONE_CASE + "metrics:\n  - {metric: max_words, name: a}\n  - {metric: max_words, name: a}\n")
    assert rules(result) == [("duplicate-metric-name", 6)]


def test_problems_of_metrics_stand_at_their_parameter() -> None:
    result = parsed(ONE_CASE + "metrics:\n  - {metric: max_wrods}\n  - {metric: max_words, limit: 0}\n")
    assert [(f.rule, f.severity, f.position) for f in result.findings] == [
        ("unknown-metric", Severity.ERROR, Position(5, 14)),
        ("metric-parameter", Severity.WARNING, Position(6, 32)),
    ]
    assert result.suite is None
    assert result.draft is not None


def test_cases_come_from_several_files_in_order() -> None:
    suite = suite_of(
        "cases: [a.jsonl, b.csv]\n",
        a__jsonl='{"id": "c1", "variables": {"email": "x"}}\n\n{"id": "c2", "variables": {"email": "y", "limit": 1}}\n',
        b__csv="id,email,limit,expected\nc3,hello,7,bye\n",
    )
    assert [(case.id, case.path, case.line) for case in suite.cases] == [
        ("c1", "evals/a.jsonl", 1),
        ("c2", "evals/a.jsonl", 3),
        ("c3", "evals/b.csv", 2),
    ]
    assert suite.cases[2].variables == {"email": "hello", "limit": 7}
    assert suite.cases[2].expected == "bye"
    assert suite.datasets == ("evals/a.jsonl", "evals/b.csv")


def test_a_csv_field_that_is_no_number_is_a_finding_of_its_line() -> None:
    result = parsed("cases: b.csv\n", b__csv="id,email,limit\nc1,x,1\nc2,x,many\n")
    assert [(f.path, f.rule, f.position.line) for f in result.findings] == [("evals/b.csv", "case-variable", 3)]


def test_problems_of_a_dataset_are_those_of_its_file_and_hide_nothing() -> None:
    result = parsed(
        "cases: a.jsonl\nmetrics: [{metric: nope}]\n",
        a__jsonl='{"id": "c1", "variables": {"emial": "x"}}\n{"id": "c2", \n{"id": "c3"}\n',
    )
    found = {(f.path, f.rule, f.position.line) for f in result.findings}
    assert {
        ("evals/demo.yaml", "unknown-metric", 3),
        ("evals/a.jsonl", "json-syntax", 2),
        ("evals/a.jsonl", "case-variable", 1),
        ("evals/a.jsonl", "case-variable", 3),
    } <= found
    assert any("Did you mean 'email'?" in f.hint for f in result.findings)


def test_a_missing_dataset_is_a_finding_at_its_name() -> None:
    result = parsed("cases:\n  - a.jsonl\n  - gone.jsonl\n", a__jsonl='{"id": "c1", "variables": {"email": "x"}}\n')
    assert rules(result) == [("dataset-missing", 4)]
    assert rules(parsed("cases: gone.jsonl\n")) == [("dataset-missing", 2)]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.jsonl",
        "cases/../../x.jsonl",
        "/etc/passwd.jsonl",
        "http://127.0.0.1:9/cases.jsonl",
        "file:x.jsonl",
        "a\\b.jsonl",
    ],
)
def test_cases_never_come_from_outside_the_evals_folder(path: str) -> None:
    asked: list[str] = []

    def read(name: str) -> bytes:
        asked.append(name)
        raise FileNotFoundError(name)

    document = parse_yaml_document(f"prompt: demo\ncases: '{path}'\n".encode(), "evals/demo.yaml")
    result = parse_suite(document, read_dataset=read, metrics=Metrics())
    assert result.suite is None
    assert result.findings
    assert asked == []


def test_values_of_a_case_are_checked_against_the_prompt() -> None:
    result = parsed(
        "cases:\n"
        "  - {id: c1}\n"
        "  - {id: c2, variables: {email: 3}}\n"
        "  - {id: c3, variables: {email: x, limit: many}}\n"
        "  - {id: c4, variables: {email: x, tone: kind}}\n",
    )
    assert rules(result) == [("case-variable", 3), ("case-variable", 4), ("case-variable", 5), ("case-variable", 6)]
    assert parsed_for(None, "cases: [{id: c1}]\n").findings == ()


def test_a_metric_that_compares_needs_an_expected_answer() -> None:
    result = parsed(ONE_CASE + "metrics: [{metric: equals}]\n")
    assert rules(result) == [("case-expected", 3)]
    suite = suite_of(ONE_CASE + "metrics: [{metric: equals, expected: x}]\n")
    assert suite.metrics[0].parameters == {"expected": "x"}


def test_many_cases_with_one_problem_are_summed_up() -> None:
    rows = "".join(f'{{"id": "c{n}"}}\n' for n in range(500))
    result = parsed("cases: a.jsonl\n", a__jsonl=rows)
    assert len(result.findings) < 50
    assert any("more places" in finding.message for finding in result.findings)


def test_an_unknown_prompt_is_told_with_the_nearest_id() -> None:
    document = parse_yaml_document(b"prompt: othr\ncases: [{id: c1}]\n", "evals/othr.yaml")
    result = parse_suite(document, read_dataset=lambda _: b"", metrics=Metrics(), prompt_ids=("demo", "other"))
    assert [(f.rule, f.hint) for f in result.findings] == [("unknown-prompt", "Did you mean 'other'?")]


def test_a_suite_is_found_by_its_file_name() -> None:
    document = parse_yaml_document(b"prompt: other\ncases: [{id: c1}]\n", "evals/demo.yaml")
    result = parse_suite(document, read_dataset=lambda _: b"", metrics=Metrics(), prompt_ids=("demo", "other"))
    assert [finding.rule for finding in result.findings] == ["suite-file-name"]


@pytest.mark.parametrize(
    "line",
    [
        "repeats: 101",
        "repeats: 0",
        "budget: {cost_usd: -1}",
        "gate: {margin: 1.5}",
        "gate: {alpha: 0}",
        "gate: {looks: []}",
    ],
)
def test_numbers_are_in_range(line: str) -> None:
    result = parsed(f"{ONE_CASE}{line}\n")
    assert result.suite is None
    assert [finding.rule for finding in result.findings] == ["out-of-range"]


def test_a_suite_without_cases_is_no_suite() -> None:
    assert parsed("cases: []\n").suite is None
    assert parsed("cases: a.jsonl\n", a__jsonl="\n").suite is None
    assert parsed("metrics: [{metric: max_words}]\n").suite is None


def test_the_gate_of_the_repository_holds_where_the_suite_is_silent() -> None:
    document = parse_yaml_document(b"prompt: demo\ncases: [{id: c1}]\ngate: {margin: 0.1}\n", "evals/demo.yaml")
    policy = GatePolicy(margin=0.2, min_cases=99)
    suite = parse_suite(document, read_dataset=lambda _: b"", metrics=Metrics(), gate=policy).suite
    assert suite is not None
    assert suite.gate == GatePolicy(margin=0.1, min_cases=99)


WORDS = st.sampled_from(
    [
        "cases:",
        "metrics:",
        "- {id: a}",
        "- metric:",
        "[]",
        "{}",
        "x.jsonl",
        "gate:",
        "margin:",
        "\n",
        "\n  ",
        " ",
        "1",
        ":",
        "expected:",
    ],
)


@given(st.lists(WORDS, max_size=20).map("".join))
def test_no_file_makes_the_parser_raise(text: str) -> None:
    result = parsed(text)
    assert result.suite is not None or result.findings
