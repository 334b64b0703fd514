"""The table of metrics: its rows say what the classes say, examples hold, problems are found before any call."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from evals.semantic.embedded import embedded_models

from llmops_cli.core.parts import Part
from llmops_cli.core.scores import Score, ScoreContext, ScoreFailure, Tier
from llmops_cli.core.suites import MetricSpec
from llmops_cli.evals.measuring.metric_examples import description_of, examples_of
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS, bind, find_metric, full_specification
from llmops_cli.evals.metrics import METRICS
from llmops_cli.evals.semantic.pair_scoring import ModelMetric

if TYPE_CHECKING:
    from llmops_cli.core.scores import ScoreOutcome
    from llmops_cli.evals.measuring.metric_examples import MetricExample

EXAMPLES = [(name, example) for name in METRICS for example in examples_of(find_metric(name))]


def spec_of(metric: str, parameters: dict[str, Any], *, negated: bool = False) -> MetricSpec:
    return MetricSpec(metric=metric, name=metric, parameters=parameters, negated=negated)


def score(spec: MetricSpec, context: ScoreContext) -> ScoreOutcome:
    models = embedded_models() if isinstance(find_metric(spec.metric), ModelMetric) else None

    async def one() -> ScoreOutcome:
        return (await bind(spec, models).score([context]))[0]

    return asyncio.run(one())


@pytest.mark.parametrize("name", list(METRICS))
def test_a_row_says_what_its_class_says(name: str) -> None:
    metric, row = find_metric(name), METRICS.row(name)
    assert (metric.name, metric.tier.value, metric.summary) == (name, row.kind, row.summary)
    assert description_of(metric)
    # what a judge says depends on the judge: no example of it could be run
    assert row.kind == "judge" or len(examples_of(metric)) >= 2


@pytest.mark.parametrize("name", list(METRICS))
def test_every_parameter_is_described_and_optional_ones_have_a_type(name: str) -> None:
    properties: Any = find_metric(name).parameters["properties"]
    for parameter in properties.values():
        assert parameter["description"].endswith((".", ")"))
        assert "type" in parameter or "anyOf" in parameter


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: str(getattr(value, "line", value))[:60])
def test_an_example_of_a_docstring_holds(name: str, example: MetricExample) -> None:
    spec = spec_of(name, dict(example.parameters))
    assert KNOWN_METRICS.check(spec) == ()
    outcome = score(spec, example.context())
    assert isinstance(outcome, Score), outcome
    if example.outcome.startswith("scores "):
        assert outcome.value == pytest.approx(float(example.outcome.removeprefix("scores ")))
    else:
        assert outcome.passed is {"passes": True, "fails": False}[example.outcome], outcome


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: str(getattr(value, "line", value))[:60])
def test_not_mirrors_score_and_verdict(name: str, example: MetricExample) -> None:
    plain = score(spec_of(name, dict(example.parameters)), example.context())
    mirrored = score(spec_of(name, dict(example.parameters), negated=True), example.context())
    assert isinstance(plain, Score)
    assert isinstance(mirrored, Score)
    assert mirrored.passed is not plain.passed
    assert mirrored.value == pytest.approx(1 - plain.value)


VACUOUS: list[tuple[str, dict[str, Any]]] = [
    ("contains", {"expected": ""}),
    ("contains_all", {"expected": ["a", ""]}),
    ("contains_any", {"expected": ["a", ""]}),
    ("starts_with", {"expected": ""}),
    ("ends_with", {"expected": [""]}),
    ("regex", {"pattern": ".*"}),
    ("regex", {"pattern": ""}),
    ("regex", {"pattern": "x?"}),
    ("regex", {"pattern": "(?s).*", "full_match": True}),
    ("json_schema", {"schema": {}}),
    ("json_fields", {"expected": {}}),
    ("json_fields", {"min": 0}),
    ("edit_distance", {"min": 0}),
    ("edit_distance", {"min": -0.5}),
    ("number_close", {"relative": 1}),
    ("max_words", {"limit": 100_000_000}),
    ("min_words", {"limit": 0}),
    ("min_chars", {"limit": 0}),
    ("max_chars", {"limit": 0}),
    ("language", {"languages": ["de", "en"], "among": ["en"]}),
    ("rouge_l", {"min": 0}),
    ("bert_score", {"min": -1}),
]


@pytest.mark.parametrize(("metric", "parameters"), VACUOUS, ids=str)
def test_a_metric_that_cannot_fail_is_a_problem(metric: str, parameters: dict[str, Any]) -> None:
    problems = KNOWN_METRICS.check(spec_of(metric, parameters))
    assert [problem.rule for problem in problems] == ["metric-cannot-fail"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("edit_distance", {"min": 85}, "Did you mean 0.85?"),
    ("json_fields", {"min": 1.5}, "no score is above 1"),
    ("json_fields", {"min": float("nan")}, "finite"),
    ("json_fields", {"min": float("inf")}, "finite"),
    ("json_fields", {"min": "0.5"}, "not a number"),
    ("edit_distance", {}, "needs min or max_edits"),
    ("max_words", {}, "needs the parameter 'limit'"),
    ("max_words", {"limt": 3, "limit": 3}, "Did you mean 'limit'?"),
    ("max_words", {"limit": 3.5}, "not a whole number"),
    ("max_words", {"limit": True}, "the boolean true"),
    ("label_in", {"labels": []}, "empty list"),
    ("label_in", {"labels": ["a", 1]}, "entry 2"),
    ("label_in", {"labels": ["a", "a"]}, "twice"),
    ("label_in", {"labels": ["Bug", "bug"], "ignore_case": True}, "twice"),
    ("equals", {"expected": 3}, "text"),
    ("equals", {"expected": []}, "empty list"),
    ("equals", {"whitespace": "trimm"}, "Did you mean 'trim'"),
    ("regex", {"pattern": "(?=a)b"}, "look-around"),
    ("regex", {"pattern": "(?<!a)b"}, "look-around"),
    ("regex", {"pattern": r"(a)\1"}, "back-references"),
    ("regex", {"pattern": "a++b"}, "possessive"),
    ("regex", {"pattern": "(?>a)b"}, "atomic"),
    ("regex", {"pattern": "(a"}, "missing )"),
    ("regex", {"pattern": "a{1001}b"}, "up to 1000"),
    ("regex", {"pattern": "a" * 1025}, "at most 1024"),
    ("date_parses", {"formats": ["YYYY-MM-DD"]}, "%d.%m.%Y"),
    ("date_parses", {"formats": ["%d.%m"]}, "does not name a day, a month and a year"),
    ("date_parses", {"after": "soon"}, "not a day"),
    ("date_parses", {"after": "2026-02-01", "before": "2026-01-01"}, "no day passes"),
    ("number_close", {"expected": "many"}, "not a number"),
    ("tool_call", {"tool": "a", "arguments": {}, "schema": {}}, "not both"),
    ("language", {"languages": ["german"]}, "not known"),
    ("latency", {"max_seconds": 0}, "above 0"),
    ("rouge_l", {}, "needs the parameter 'min'"),
    ("rouge_l", {"min": 35}, "Did you mean 0.35?"),
    ("rouge_1", {"min": 0.5, "expected": " "}, "no answer is like an empty text"),
    ("chrf", {"min": 0.5, "words": 9}, "the most is 4"),
    ("bleu", {"min": 0.5, "tokenize": "flores200"}, "not one of"),
    ("bert_score", {"min": 0.5, "model": "./models/my-t5"}, "random weights"),
    ("bert_score", {"min": 0.5, "model": "./models/mine"}, "weights_sha256"),
    ("bert_score", {"min": 0.5, "model": "./models/mine", "weights_sha256": "a" * 64}, "which layer"),
    ("bert_score", {"min": 0.5, "layer": 3}, "one layer"),
    ("contradiction", {"kinds": ["spelling"]}, "not one of numbers"),
]


@pytest.mark.parametrize(("metric", "parameters", "words"), WRONG, ids=str)
def test_a_wrong_parameter_is_named_with_the_next_step(metric: str, parameters: dict[str, Any], words: str) -> None:
    problems = KNOWN_METRICS.check(spec_of(metric, parameters))
    assert len(problems) == 1, problems
    assert words in f"{problems[0].message} {problems[0].hint}"


def test_an_unknown_metric_is_a_problem_with_a_proposal() -> None:
    (problem,) = KNOWN_METRICS.check(spec_of("contians", {}))
    assert (problem.rule, problem.hint) == ("unknown-metric", "Did you mean 'contains'?")


def test_the_expected_answer_is_needed_unless_the_metric_brings_its_own() -> None:
    assert KNOWN_METRICS.required_expected(spec_of("equals", {}))
    assert KNOWN_METRICS.required_expected(spec_of("equals", {"expected": "{{ expected }}!"}))
    assert not KNOWN_METRICS.required_expected(spec_of("equals", {"expected": "{{ city }}"}))
    assert not KNOWN_METRICS.required_expected(spec_of("date_parses", {}))
    assert KNOWN_METRICS.required_expected(spec_of("date_parses", {"expected": "{{expected}}"}))
    assert not KNOWN_METRICS.required_expected(spec_of("no_such_metric", {}))


def test_a_case_without_an_expected_answer_is_a_failure_to_measure() -> None:
    _, example = next(item for item in EXAMPLES if item[0] == "max_words")
    assert isinstance(score(spec_of("equals", {}), example.context()), ScoreFailure)


def test_the_full_specification_has_every_default_and_the_version() -> None:
    full: Any = full_specification(spec_of("equals", {}))
    assert full["parameters"] == {"ignore_case": False, "whitespace": "trim"}
    assert full["version"] == 1


class Foreign:
    """A metric of another package, with a schema of its own kind.

    Examples:
        {} on "x" passes
    """

    name = "foreign"
    tier = Tier.DETERMINISTIC
    version = 1
    summary = "from elsewhere"
    parameters: ClassVar[dict[str, Any]] = {"type": "object", "properties": {"any": {"type": ["string", "null"]}}}

    def check(self, parameters: Any) -> Any:
        raise ZeroDivisionError(parameters)


def test_a_foreign_metric_is_found_and_its_crash_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS._parts, "foreign", Part(f"{__name__}:Foreign", "third party", "from elsewhere"))
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(Foreign=Foreign))
    (problem,) = KNOWN_METRICS.check(spec_of("foreign", {"any": None}))
    assert "ZeroDivisionError" in problem.message


def test_a_metric_whose_package_is_missing_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS._parts, "gone", Part("no_such_package_of_ours:Gone", "third party", ""))
    (problem,) = KNOWN_METRICS.check(spec_of("gone", {}))
    assert "no_such_package_of_ours" in problem.message
