"""The metric json_schema against the standard's own test suite, and against schemas that would do harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evals.scoring import outcome_of, spec_of

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.contracts.safe_schema import SafeSchema, schema_problem

SUITE = Path(__file__).with_name("json_schema_test_suite")

REFUSED = {
    "references stay inside the schema": {
        "ref.json",
        "unevaluatedItems.json",
        "unevaluatedProperties.json",
    },
    "unevaluatedProperties beside patternProperties": {"unevaluatedProperties.json"},
    # RE2 knows \p{L}, not the long name
    "invalid character class range": {"pattern.json", "patternProperties.json"},
}


@pytest.mark.parametrize("path", sorted(SUITE.glob("*.json")), ids=lambda path: path.stem)
def test_the_verdict_is_that_of_the_standards_test_suite(path: Path) -> None:
    tried = 0
    for group in json.loads(path.read_text(encoding="utf-8")):
        if isinstance(group["schema"], bool):  # the metric takes a mapping
            continue
        problem = schema_problem(group["schema"])
        if problem:
            assert any(reason in problem and path.name in names for reason, names in REFUSED.items()), problem
            continue
        schema = SafeSchema(group["schema"])
        for test in group["tests"]:
            assert (schema.first_problem(test["data"]) == "") is test["valid"], (group["description"], test)
            tried += 1
    assert tried


DOUBLED: dict[str, Any] = {"$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(24)}}
DOUBLED["$defs"]["d24"] = {"type": "object"}
DOUBLED["$ref"] = "#/$defs/d0"

HARMFUL: list[tuple[dict[str, Any], str]] = [
    ({"$ref": "http://127.0.0.1:9/schema.json"}, "nothing is fetched"),
    ({"$ref": "http://[::ffff:127.0.0.1]:9/schema.json"}, "nothing is fetched"),
    ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
    ({"properties": {"a": {"$dynamicRef": "https://127.0.0.1:9/x"}}}, "nothing is fetched"),
    ({"$ref": "#/$defs/missing"}, "there is nothing"),
    ({"$ref": "#"}, "leads back to itself"),
    ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, "leads back to itself"),
    (DOUBLED, "more than 200,000 steps"),
    ({"type": "strng"}, "at /type"),
    ({"pattern": "(?=a)b"}, "look-around"),
    ({"patternProperties": {"(a": {}}}, "missing )"),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft 2020-12"),
]


@pytest.mark.parametrize(("schema", "words"), HARMFUL, ids=lambda value: str(value)[:50])
def test_a_schema_that_would_do_harm_is_a_problem_before_any_call(schema: dict[str, Any], words: str) -> None:
    (problem,) = KNOWN_METRICS.check(spec_of("json_schema", {"schema": schema}))
    assert words in problem.message


def test_a_schema_may_refer_to_itself_going_deeper() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}
    assert schema_problem(tree) == ""
    assert SafeSchema(tree).first_problem({"left": {"right": 3}}).startswith("at /left/right")


def test_a_pattern_that_would_hang_other_engines_answers() -> None:
    outcome = outcome_of("json_schema", {"schema": {"pattern": "^(a+)+$"}}, json.dumps("a" * 50_000 + "!"))
    assert isinstance(outcome, Score)
    assert not outcome.passed


@pytest.mark.parametrize("keyword", ["patternProperties", "additionalProperties"])
def test_patterns_of_property_names_would_not_hang_either(keyword: str) -> None:
    schema = {"patternProperties": {"^(a+)+$": {}}, **({"additionalProperties": False} if "add" in keyword else {})}
    outcome = outcome_of("json_schema", {"schema": schema}, json.dumps({"a" * 50_000 + "!": 1}))
    assert isinstance(outcome, Score)
    assert outcome.passed is (keyword == "patternProperties")


def test_an_answer_that_takes_too_many_steps_is_a_failure_to_measure() -> None:
    schema = {"items": {"anyOf": [{"type": "string"}, {"type": "number"}]}}
    outcome = outcome_of("json_schema", {"schema": schema}, json.dumps([0] * 150_000))
    assert isinstance(outcome, ScoreFailure)
    assert "steps" in outcome.reason


def test_a_deep_answer_is_a_verdict_or_a_failure_to_measure_and_no_crash() -> None:
    schema = {"items": {"$ref": "#"}, "type": "array"}
    for depth in (10, 300, 900, 100_000):
        outcome = outcome_of("json_schema", {"schema": schema}, "[" * depth + "]" * depth)
        assert not (isinstance(outcome, ScoreFailure) and "crashed" in outcome.reason)


def test_many_different_items_are_compared_in_linear_time() -> None:
    items = [{"a": number} for number in range(50_000)]
    outcome = outcome_of("json_schema", {"schema": {"uniqueItems": True}}, json.dumps(items))
    assert isinstance(outcome, Score)
    assert outcome.passed
