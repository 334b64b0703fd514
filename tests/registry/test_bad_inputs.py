"""The bad-input corpus through the functions that read files: outcome, rule, line, and time on no account a hang."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.registry.documents.datasets import read_cases_rows
from llmops_cli.registry.documents.parser_rules import PARSER_RULES
from llmops_cli.registry.documents.schema_check import check_schema
from llmops_cli.registry.documents.yaml_document import parse_yaml_document

if TYPE_CHECKING:
    from bad_inputs.generate import BadInput

    from llmops_cli.core.findings import Finding

CORPUS = Path(__file__).parents[1] / "bad_inputs" / "generate.py"


def corpus() -> list[BadInput]:
    spec = importlib.util.spec_from_file_location("bad_inputs_generate", CORPUS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    inputs: list[BadInput] = module.cases()
    assert CORPUS.with_name("manifest.tsv").read_text(encoding="utf-8") == module.manifest()
    return inputs


def read(bad: BadInput) -> tuple[Finding, ...]:
    data = bad.files[bad.path]
    if bad.path.startswith("evals/baselines/"):
        return ()  # read by another room; the test of the command line sees them
    if bad.path.startswith("evals/cases/"):
        return read_cases_rows(data, bad.path).findings
    document = parse_yaml_document(data, bad.path)
    kind = "suite" if bad.path.startswith("evals/") else "prompt"
    kind = "rubric" if bad.path.startswith("evals/rubrics/") else kind
    return document.findings + check_schema(document, kind)


ALL = corpus()
OURS = [bad for bad in ALL if not bad.rule or bad.rule in PARSER_RULES]


@pytest.mark.parametrize("bad", OURS, ids=lambda bad: bad.id)
def test_an_input_of_the_corpus_is_judged_as_the_manifest_says(bad: BadInput) -> None:
    findings = read(bad)
    errors = [finding for finding in findings if finding.is_error]
    if bad.outcome in {"ACCEPT", "WARN", "GATE-FAIL"}:
        assert errors == []
    if bad.rule:
        lines = [finding.position.line for finding in findings if finding.rule == bad.rule]
        assert lines, findings
        assert bad.line in {0, *lines}
    if bad.outcome == "REJECT":
        assert errors != []


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.id)
def test_a_finding_names_its_file_and_a_known_rule_and_shows_no_raw_control(bad: BadInput) -> None:
    for finding in read(bad):
        assert finding.path == bad.path
        assert finding.rule in PARSER_RULES
        assert (finding.message + finding.hint).isprintable()
        assert "A1b2C3d4A1b2" not in finding.message + finding.hint


def test_every_id_of_the_corpus_is_used_once() -> None:
    assert len({bad.id for bad in ALL}) == len(ALL)
