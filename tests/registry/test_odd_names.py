"""Files whose names hold what nobody types: each is found wrong, none is passed over, none disturbs the output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import ProjectSettings
from llmops_cli.registry.validation import validate
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.findings import Finding

PROMPT = (
    b"id: demo\nversion: 1\nmodel: {name: echo/demo, max_tokens: 5}\n"
    b'variables: {body: {type: string}}\ntemplate: "x {{ body }}"\n'
)
SUITE = (
    b"prompt: demo\ncases: [{id: c1, variables: {body: x}}]\n"
    b"metrics: [{metric: max_words, limit: 9}]\ngate: {min_cases: 1}\n"
)
ODD = (b"a\nb", b"a\rb", b"\xff", b"back\\slash", b"esc\x1b[2Jx", b"sp ace", b"::error::x", b"-rf", b"de\xe2\x80\xaemo")


def found(root: Path) -> list[Finding]:
    catalog = Catalog(WorkTree(root), ProjectSettings())
    return [finding for report in validate(catalog, metrics=KNOWN_METRICS) for finding in report.findings]


def write(root: Path, folder: str, name: bytes, data: bytes) -> str:
    (root / folder).mkdir(parents=True, exist_ok=True)
    path = os.path.join(os.fsencode(root / folder), name)  # noqa: PTH118 - a name that is no text
    with open(path, "wb") as file:  # noqa: PTH123 - as above
        file.write(data)
    return f"{folder}/{os.fsdecode(name)}"


@pytest.mark.parametrize("name", ODD)
def test_a_prompt_file_with_an_odd_name_is_an_error(name: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, "prompts", name + b".yaml", PROMPT)
    errors = [finding for finding in found(tmp_path) if finding.is_error]
    assert [(finding.path, finding.rule in {"id-file-name", "file-missing"}) for finding in errors] == [(path, True)]
    assert "or set `id:" not in errors[0].hint


@pytest.mark.parametrize("name", ODD)
def test_a_suite_file_with_an_odd_name_is_an_error(name: bytes, tmp_path: Path) -> None:
    write(tmp_path, "prompts", b"demo.yaml", PROMPT)
    path = write(tmp_path, "evals", name + b".yaml", SUITE)
    errors = [finding for finding in found(tmp_path) if finding.is_error]
    assert [(finding.path, finding.rule in {"suite-file-name", "file-missing"}) for finding in errors] == [(path, True)]


@pytest.mark.parametrize("name", ODD)
def test_a_partial_with_an_odd_name_is_an_error(name: bytes, tmp_path: Path) -> None:
    write(tmp_path, "prompts", b"demo.yaml", PROMPT)
    path = write(tmp_path, "prompts/_partials", name + b".md", b"Be kind.\n")
    errors = [finding for finding in found(tmp_path) if finding.is_error]
    assert [(finding.path, finding.rule in {"invalid-id", "file-missing"}) for finding in errors] == [(path, True)]
    assert all(finding.message.isprintable() for finding in errors)
