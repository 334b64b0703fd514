"""Rows of cases from .jsonl, .csv, .json and .yaml files, every row with its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Position
from llmops_cli.registry.documents.csv_cases import read_csv_rows
from llmops_cli.registry.documents.file_findings import FileFindings
from llmops_cli.registry.documents.json_document import json_document, parse_json_document, parse_json_text
from llmops_cli.registry.documents.schema_check import check_value
from llmops_cli.registry.documents.source_text import read_source
from llmops_cli.registry.documents.yaml_document import parse_yaml_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.registry.documents.document import YamlDocument

MAX_DATASET_BYTES = 64 * 1024 * 1024
"""Of JSON Lines and CSV, which are read row by row; a JSON or YAML dataset is a file like any other (1 MiB)."""


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One case as its file has it; `line` is where it starts, from 1."""

    value: JsonObject
    line: int


@dataclass(frozen=True, slots=True)
class DatasetRows:
    """All usable rows of one file, and what is wrong with it."""

    rows: tuple[DatasetRow, ...]
    findings: tuple[Finding, ...]


def read_cases_rows(data: bytes, path: str) -> DatasetRows:
    """Read a dataset whole. Never raises; a row with a finding is left out, the others are there."""
    rows: list[DatasetRow] = []
    findings: list[Finding] = []
    for each in stream_cases_rows(data, path):
        if isinstance(each, DatasetRow):
            rows.append(each)
        else:
            findings.append(each)
    return DatasetRows(tuple(rows), tuple(findings))


def stream_cases_rows(data: bytes, path: str) -> Iterator[DatasetRow | Finding]:
    """Yield the usable rows of a dataset and what is wrong with the others, as they come. Never raises.

    A .jsonl file has one case a line. A .json or .yaml dataset has one top key, `cases`, with a list of
    cases. In a .csv file the columns `id`, `expected`, `tags` (separated by spaces or commas) and
    `critical` (true or false) are the case's own; every other column is a variable.
    """
    reader = _READERS.get(path.rpartition(".")[2].lower())
    findings = FileFindings(path)
    if reader is None:
        hint = "Write the cases as .jsonl, one JSON object a line."
        findings.add("dataset-format", "The file is none of .jsonl, .csv, .json and .yaml.", Position(), hint=hint)
        yield from findings.all()
        return
    empty = True
    for each in reader(data, path):
        empty = empty and isinstance(each, Finding) and not each.is_error
        yield each
    if empty:
        hint = "Add a case, or leave the file out."
        findings.add("dataset-empty", "The dataset has no cases.", Position(), hint=hint)
        yield from findings.all()


def _jsonl(data: bytes, path: str) -> Iterator[DatasetRow | Finding]:
    findings = FileFindings(path)
    source = read_source(data, findings, max_bytes=MAX_DATASET_BYTES)
    yield from findings.all()
    # only LF ends a line: a text may hold U+2028, at which splitlines would break
    for number, line in enumerate(_lines(source.text) if source else (), start=1):
        if line.strip():
            row = FileFindings(path)
            value = parse_json_text(line, row, line=number)
            yield from _judge(value, json_document(value, path, line, row, line=number), number)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines one by one: a list of them takes more memory than the text."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _judge(value: JsonValue, document: YamlDocument, line: int) -> Iterable[DatasetRow | Finding]:
    """Return the row if it is a case, or what is wrong with it."""
    if document.findings:
        return document.findings
    if not isinstance(value, dict):
        message = "The line is not a JSON object."
        hint = 'Write: {"id": "…", "variables": {…}}'
        return (Finding(path=document.path, position=Position(line), rule="wrong-type", message=message, hint=hint),)
    return check_value(value, document, "case") or (DatasetRow(value, line),)


def _csv(data: bytes, path: str) -> Iterator[DatasetRow | Finding]:
    findings = FileFindings(path)
    source = read_source(data, findings, max_bytes=MAX_DATASET_BYTES)
    for line, value in read_csv_rows(source, findings) if source else ():
        yield DatasetRow(value, line)
    yield from findings.all()


def _json(data: bytes, path: str) -> Iterator[DatasetRow | Finding]:
    return _from_document(parse_json_document(data, path))


def _yaml(data: bytes, path: str) -> Iterator[DatasetRow | Finding]:
    return _from_document(parse_yaml_document(data, path))


def _from_document(document: YamlDocument) -> Iterator[DatasetRow | Finding]:
    yield from document.findings
    if document.root is None:
        return
    cases = document.root.get("cases")
    if not isinstance(cases, list) or len(document.root) != 1:
        message = "A dataset has one top key, 'cases', with a list of cases."
        hint = "Put the cases below `cases:`."
        yield Finding(path=document.path, rule="dataset-format", message=message, hint=hint)
        return
    for index, case in enumerate(cases):
        problems = check_value(case, document, "case", place=("cases", index))
        yield from problems
        if not problems and isinstance(case, dict):
            yield DatasetRow(case, document.position_of("cases", index).line)


_READERS: dict[str, Callable[[bytes, str], Iterator[DatasetRow | Finding]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "json": _json,
    "yaml": _yaml,
    "yml": _yaml,
}
