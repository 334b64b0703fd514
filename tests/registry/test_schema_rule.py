from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import ProjectSettings
from llmops_cli.registry.validation import validate
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.json_value import JsonObject

BAD: dict[str, JsonObject] = {
    "strng": {"type": "strng"},
    "refers to an address": {"$ref": "http://127.0.0.1:9/schema.json"},
    "refers to a file": {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
    "refers to itself": {"$ref": "#"},
    "refers round": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    "refers to nothing": {"$ref": "#/$defs/nowhere"},
    "is of another draft": {"$schema": "http://json-schema.org/draft-04/schema#"},
    "has a pattern that hangs others": {"type": "string", "pattern": "(?=a)b"},
}
GOOD: tuple[JsonObject, ...] = (
    {},
    {"type": "object", "properties": {"child": {"$ref": "#"}}},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string", "pattern": "^(a+)+$"},
)


def found(root: Path, extra: str) -> list[tuple[str, int, str]]:
    (root / "prompts").mkdir()
    head = "id: demo\nversion: 1\nmodel: {name: echo/demo, max_tokens: 5}\ntemplate: x\n"
    (root / "prompts/demo.yaml").write_text(head + extra, encoding="utf-8")
    reports = validate(Catalog(WorkTree(root), ProjectSettings()), metrics=KNOWN_METRICS)
    findings = [finding for report in reports for finding in report.findings if finding.is_error]
    return [(finding.rule, finding.position.line, finding.message) for finding in findings]


def with_output(schema: JsonObject) -> str:
    return f"output:\n  format: json\n  schema: {json.dumps(schema)}\n"


def with_tool(schema: JsonObject) -> str:
    return f"tools:\n  - {{name: first}}\n  - name: second\n    parameters: {json.dumps(schema)}\n"


@pytest.mark.parametrize("name", BAD)
def test_an_output_schema_that_cannot_be_used_is_an_error_at_its_place(name: str, tmp_path: Path) -> None:
    ((rule, line, message),) = found(tmp_path, with_output(BAD[name]))
    assert (rule, line) == ("json-schema", 7)
    assert message.startswith("output.schema cannot be used: ")


@pytest.mark.parametrize("name", BAD)
def test_a_tool_whose_parameters_cannot_be_used_is_an_error_at_its_place(name: str, tmp_path: Path) -> None:
    ((rule, line, message),) = found(tmp_path, with_tool(BAD[name]))
    assert (rule, line) == ("json-schema", 8)
    assert message.startswith("tools.1.parameters cannot be used: ")


@pytest.mark.parametrize("schema", GOOD)
def test_a_sound_schema_is_accepted(schema: JsonObject, tmp_path: Path) -> None:
    assert found(tmp_path, with_output(schema) + with_tool(schema)) == []
