"""Cases as CSV: a header with an id column, the case's own columns, and variables."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.file_findings import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.file_findings import FileFindings
    from llmops_cli.registry.documents.source_text import Source

_BOOLEANS = {"": False, "false": False, "no": False, "0": False, "true": True, "yes": True, "1": True}
_OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}


def read_csv_rows(source: Source, findings: FileFindings) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    """Yield the line and the case of every usable row; rows with a finding are left out."""
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for fields in reader:
            start, line = line, reader.line_num + 1
            if not fields:
                continue  # an empty line
            if header is None:
                header = [name.strip() for name in fields]
                if not _is_usable(header, start, findings):
                    return
                continue
            case = _case(header, fields, start, findings)
            if case is not None:
                yield start, case
    except csv.Error as error:
        message = f"The row that starts here cannot be read: {error}."
        findings.add("dataset-row", message, Position(line), hint="Double the quotes inside a quoted field.")


def _is_usable(header: list[str], line: int, findings: FileFindings) -> bool:
    if "id" not in header:
        separator = next((name for mark, name in _OTHER_SEPARATORS.items() if mark in "".join(header)), "")
        message = "There is no column 'id'" + (
            f": the file seems to be separated by {separator}." if separator else "."
        )
        hint = (
            "Save it with commas between the fields." if separator else "Give every case a stable id in a column 'id'."
        )
        findings.add("dataset-columns", message, Position(line), hint=hint)
        return False
    usable = True
    for index, name in enumerate(header):
        if not name:
            message = f"Column {index + 1} has no name."
            findings.add("dataset-columns", message, Position(line), hint="Name it, or delete the column.")
            usable = False
        elif name in header[:index]:
            message = f"The column {quoted(name)} stands twice in the header."
            findings.add("dataset-columns", message, Position(line), hint="Rename or delete one of the two.")
            usable = False
    return usable


def _case(header: list[str], fields: list[str], line: int, findings: FileFindings) -> dict[str, JsonValue] | None:
    if len(fields) != len(header):
        message = f"The row has {len(fields)} fields, the header has {len(header)}."
        hint = "Put fields that hold a comma or a line break in double quotes."
        findings.add("dataset-row", message, Position(line), hint=hint)
        return None
    row = dict(zip(header, fields, strict=True))
    case: dict[str, JsonValue] = {"id": row.pop("id").strip()}
    if not case["id"]:
        findings.add("dataset-row", "The row has no id.", Position(line), hint="Give every case a stable id.")
        return None
    if expected := row.pop("expected", ""):
        case["expected"] = expected
    if tags := re.findall(r"[^\s,]+", row.pop("tags", "")):
        case["tags"] = list(dict.fromkeys(tags))
    critical = row.pop("critical", "").strip()
    if critical.lower() not in _BOOLEANS:
        message = f"'critical' is {quoted(critical, 40)}; true or false is expected."
        findings.add("dataset-row", message, Position(line), hint="Write true, or leave the field empty.")
        return None
    if _BOOLEANS[critical.lower()]:
        case["critical"] = True
    return case | {"variables": dict(row)}
