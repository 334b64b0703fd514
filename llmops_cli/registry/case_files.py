"""The cases of a suite, written in it or in dataset files → values with their places."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from llmops_cli.core.findings import Position
from llmops_cli.core.prompts import VariableType
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.core.suites import Case, Expected, MetricSpec
from llmops_cli.registry.documents.fields import field_of, object_of, objects_of, texts_of
from llmops_cli.registry.metric_specs import metric_findings, metric_specs
from llmops_cli.registry.templates.variable_values import has_type, value_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from llmops_cli.core.findings import Finding
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Prompt, Variable
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.registry.documents.document import YamlDocument
    from llmops_cli.registry.documents.file_findings import FileFindings


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as written. `place` gives the position of a value inside it, of the case itself without keys."""

    value: JsonObject
    path: str
    place: Callable[..., Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRules:
    """What cases are checked against; the prompt is None when it is unknown or broken."""

    metrics: MetricTable
    suite_metrics: tuple[MetricSpec, ...]
    prompt: Prompt | None


def inline_rows(document: YamlDocument, cases: Sequence[JsonObject]) -> Iterator[CaseRow]:
    """Walk the cases that stand in the suite file itself, which its schema has checked."""
    for index, value in enumerate(cases):
        yield CaseRow(value, document.path, partial(document.position_of, "cases", index))


def dataset_rows(data: bytes, path: str) -> Iterator[CaseRow | Finding]:
    """Read one dataset file: its rows, and in place of one that is no case the reason.

    They come one by one: what is read of a row but not kept would take megabytes for ten thousand.
    """
    from llmops_cli.registry.documents.datasets import DatasetRow, stream_cases_rows  # noqa: PLC0415 - reads CSV, JSON

    for row in stream_cases_rows(data, path):
        yield CaseRow(row.value, path, _at(Position(row.line))) if isinstance(row, DatasetRow) else row


def build_case(row: CaseRow, rules: CaseRules) -> Case:
    """Build a case from a value that the schema has accepted."""
    value = row.value
    variables = object_of(value, "variables")
    if row.path.endswith(".csv") and rules.prompt is not None:
        declared = rules.prompt.by_name
        variables = {name: _typed(text, declared.get(name)) for name, text in variables.items()}
    return Case(
        id=field_of(value, "id", ""),
        variables=variables,
        expected=_expected(value.get("expected")),
        tags=texts_of(value, "tags"),
        critical=field_of(value, "critical", default=False),
        metrics=metric_specs(objects_of(value, "metrics"), (spec.name for spec in rules.suite_metrics)),
        weight=float(field_of(value, "weight", 1.0)),
        source=field_of(value, "source", ""),
        cluster=field_of(value, "cluster", ""),
        path=row.path,
        line=row.place().line,
    )


def case_findings(case: Case, row: CaseRow, rules: CaseRules, findings: FileFindings) -> None:
    """Add what is wrong with one case: its variables, its own metrics, an expected answer that is missing."""
    taken = [spec.name for spec in rules.suite_metrics]
    own = metric_findings(
        case.metrics,
        rules.metrics,
        path=row.path,
        place=lambda index, parameter: row.place("metrics", index, parameter),
        taken=taken,
    )
    for finding in own:
        findings.add(finding.rule, finding.message, finding.position, hint=finding.hint, severity=finding.severity)
    if case.expected is None:
        for spec in (*rules.suite_metrics, *case.metrics):
            if rules.metrics.required_expected(spec):
                message = f"case '{case.id}' has no expected answer, which metric '{spec.name}' compares with."
                findings.add("case-expected", message, row.place(), hint="Add `expected`.")
    if rules.prompt is not None:
        for name, message, hint in _variable_problems(case.variables, rules.prompt):
            findings.add("case-variable", f"case '{case.id}': {message}", row.place("variables", name), hint=hint)


def _variable_problems(values: Mapping[str, JsonValue], prompt: Prompt) -> Iterator[tuple[str, str, str]]:
    declared = prompt.by_name
    for name, value in values.items():
        if name not in declared:
            hint = did_you_mean(name, declared) or (f"It has: {', '.join(declared)}." if declared else "It has none.")
            yield name, f"prompt '{prompt.id}' has no variable '{name}'.", hint
        elif problem := value_problem(declared[name], value):
            yield name, f"variable '{name}' {problem}", ""
    for name, variable in declared.items():
        if variable.required and name not in values:
            message = f"variable '{name}' of prompt '{prompt.id}' has no value and no default."
            yield name, message, f"Add it under `variables`, or give '{name}' a default."


def _typed(value: JsonValue, variable: Variable | None) -> JsonValue:
    """Read a CSV field, which is always text, as the type that the prompt declares."""
    if not isinstance(value, str) or variable is None or variable.type is VariableType.STRING:
        return value
    try:
        read = cast("JsonValue", json.loads(value))
    except ValueError:
        return value
    return read if has_type(read, variable.type) else value


def _expected(value: JsonValue) -> Expected:
    if isinstance(value, list):
        return tuple(cast("list[str]", value))
    return cast("str | JsonObject | None", value)


def _at(position: Position) -> Callable[..., Position]:
    return lambda *_: position
