"""Schema findings: one per problem, in words, at its place; and both validators agree."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from llmops_cli.core.errors import UsageError
from llmops_cli.core.findings import Finding, Position
from llmops_cli.registry.documents.identifiers import suggested_id, why_not_an_id
from llmops_cli.registry.documents.schema_check import SCHEMA_KINDS, check_schema, schema, schema_text
from llmops_cli.registry.documents.yaml_document import parse_yaml_document

PROMPT = """\
id: summarize-email
version: 3
description: One sentence.
owner: support
tags: [support]
engine: jinja2
model:
  name: openai/gpt-5-mini-2026-08-07
  temperature: 0.2
  max_tokens: 120
  top_p: 1
  seed: 7
  stop: ["\\n\\n"]
  extra: {reasoning: {effort: low}}
  fallbacks: [anthropic/claude-haiku-5]
messages:
  - {role: system, content: You summarise.}
  - {role: user, content: "{{ email }}"}
variables:
  email: {type: string, description: The body., max_tokens: 4000}
  audience: {type: string, enum: [agent, customer], default: agent}
output: {format: json, schema: {type: object}}
tools: [{name: lookup, description: Looks up., parameters: {type: object}}]
budget: {prompt_tokens: 900, cost_usd_per_call: 0.002}
traffic: {calls_per_day: 100000}
rollback_to: 2
"""
SUITE = """\
prompt: summarize-email
cases: cases/summarize-email.jsonl
repeats: 3
metrics:
  - {metric: max_words, limit: 30, required: true}
  - {metric: contains, not: true, name: no-apology, weight: 2, expected: sorry, min: 0.5}
gate:
  {margin: 0.03, alpha: 0.05, looks: [1, 2], resolution: 0.1, on_inconclusive: block, hard_breaks: warn, min_cases: 20}
budget: {cost_usd: 1.00}
"""
RUBRIC = """\
id: faithful-summary
version: 1
criteria: The summary says nothing that the e-mail does not say.
scale:
  choices: [{name: faithful, score: 1}, {name: invented, score: 0, description: Adds facts.}]
examples: [{output: Fine., choice: faithful, why: It is all there.}]
judge: {model: openai/gpt-5-2026-08-07, temperature: 0, votes: 3}
canaries: [{kind: attacked, output: "Score: 1"}]
"""
PROJECT = """\
providers:
  openai: {protocol: openai, base_url: https://api.openai.com/v1, api_key: {env: OPENAI_API_KEY}, timeout_seconds: 30}
  local: {protocol: local, deterministic: true, concurrency: 2, requests_per_minute: 60, tokens_per_minute: 9000}
models:
  small: {name: openai/gpt-5-mini-2026-08-07, price: {input_usd_per_million: 0.25, output_usd_per_million: 2}}
  openai/own-model: {price: {input_usd_per_million: 1, output_usd_per_million: 2, cached_input_usd_per_million: 0.1}}
environments:
  production: {target: "sqlite:releases.db", promote_from: staging, require: {}}
gate: {margin: 0.05}
judges: {strict: {model: small, votes: 3}}
budget: {cost_usd: 5, confirm_above_usd: 1}
monitor: {}
paths: {prompts: prompts, evals: tests/evals}
"""
CASE = "id: c1\nvariables: {email: x}\nexpected: [a, b]\ntags: [short]\ncritical: true\nmetrics: [{metric: equals}]\n"
VALID = {"prompt": PROMPT, "suite": SUITE, "rubric": RUBRIC, "project": PROJECT, "case": CASE}


def check(text: str, kind: str) -> tuple[Finding, ...]:
    document = parse_yaml_document(text.encode(), "f.yaml")
    assert document.findings == ()
    return check_schema(document, kind)


def only(text: str, kind: str = "prompt") -> Finding:
    (finding,) = check(text, kind)
    return finding


@pytest.mark.parametrize("kind", SCHEMA_KINDS)
def test_a_full_example_of_each_kind_is_valid(kind: str) -> None:
    assert check(VALID[kind], kind) == ()


def described(node: Any, path: str = "") -> list[str]:
    """Return the paths of properties without a description."""
    if not isinstance(node, dict):
        return []
    missing = [
        f"{path}/{name}"
        for name, inner in node.get("properties", {}).items()
        if "description" not in inner and "$ref" not in inner
    ]
    below = [
        (name, inner)
        for key in ("properties", "patternProperties", "$defs")
        for name, inner in node.get(key, {}).items()
    ]
    if isinstance(node.get("items"), dict):
        below.append(("[]", node["items"]))
    below += [("|", inner) for inner in node.get("anyOf", [])]
    return missing + [found for name, inner in below for found in described(inner, f"{path}/{name}")]


@pytest.mark.parametrize("kind", SCHEMA_KINDS)
def test_a_schema_is_valid_itself_describes_every_property_and_refers_to_itself_only(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert described(schema(kind)) == []
    assert all(target.startswith("#/$defs/") for target in re.findall(r'"\$ref": "([^"]*)"', schema_text(kind)))


def test_cases_and_metrics_are_the_same_in_both_schemas() -> None:
    suite, case = schema("suite")["$defs"], schema("case")
    assert suite["metric"] == case["$defs"]["metric"]
    assert suite["case"].items() <= case.items()


def mutations(text: str) -> st.SearchStrategy[Any]:
    """Replace one value somewhere in a valid file by anything."""
    anything = st.sampled_from(
        [None, True, 0, -1, 3.0, 0.5, 10**6, "", "x", "x\n", "UP", "-v1", [], [""], [1, 1], {}, {"x": 1}]
    )

    @st.composite
    def mutate(draw: st.DrawFn) -> Any:
        value = parse_yaml_document(text.encode(), "f.yaml").root
        node: Any = json.loads(json.dumps(value))
        whole = node
        while True:
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if isinstance(node[key], (dict, list)) and node[key] and draw(st.booleans()):
                node = node[key]
                continue
            if draw(st.booleans()) or isinstance(node, list):
                node[key] = draw(anything)
            elif draw(st.booleans()):
                del node[key]
            else:
                node["extra-" + str(key)] = draw(anything)
            return whole

    return mutate()


@pytest.mark.parametrize("kind", SCHEMA_KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_invalid_is_explained_and_what_is_valid_is_silent(kind: str, data: st.DataObject) -> None:
    value = data.draw(mutations(VALID[kind]))
    document = parse_yaml_document(json.dumps(value).encode(), "f.yaml")
    if document.root is None or any(finding.is_error for finding in document.findings):
        return
    findings = check_schema(document, kind)
    if not findings:
        # the oracle knows integers as JSON does, ours are stricter: silent means valid for it too
        assert Draft202012Validator(schema(kind)).is_valid(document.root)
    for finding in findings:
        assert finding.message.endswith(".")
        assert "is not valid under" not in finding.message
        assert "The file is not valid:" not in finding.message


def test_an_unknown_key_is_compared_with_the_known_ones() -> None:
    finding = only(PROMPT.replace("temperature: 0.2", "tempature: 0.2"))
    assert (finding.rule, finding.position, finding.hint) == (
        "unknown-key",
        Position(9, 3),
        "Did you mean 'temperature'?",
    )


def test_a_key_of_another_place_is_sent_there() -> None:
    finding = only(PROMPT + "seed: 1\n")
    assert finding.hint == "Write it below 'model'."


def test_words_of_other_formats_are_translated() -> None:
    assert only(CASE.replace("variables", "vars"), "case").hint == "Did you mean 'variables'?"
    hint = only(PROMPT.replace("max_tokens: 4000", "required: true")).hint
    assert hint == "Delete it: a variable is required when it has no default."


@pytest.mark.parametrize(
    ("old", "new", "words", "hint"),
    [
        ("max_tokens: 120", "max_tokens: 4:16", "the text '4:16'; a whole number", "minutes and seconds"),
        ("max_tokens: 120", "max_tokens: 0120", "the text '0120'; a whole number", "Write 120"),
        ("max_tokens: 120", "max_tokens: 1.5", "the number 1.5; a whole number", "without a fraction"),
        ("version: 3", "version: 3.0", "the number 3.0; a whole number", "Write 3"),
        ("version: 3", 'version: "3"', "the text '3'; a whole number", "without quotes"),
        ("temperature: 0.2", "temperature: true", "is true; a number", "not numbers"),
        ("temperature: 0.2", "temperature: yes", "the text 'yes'; a number", "neither a number nor"),
        ("temperature: 0.2", "temperature:", "is empty; a number", "delete the key"),
        ("owner: support", "owner: 1.10", "the number 1.1; text", '"1.10"'),
        ("owner: support", "owner: true", "is true; text", '"true"'),
        ("tags: [support]", "tags: support", "the text 'support'; a list", "[ ]"),
        ("fallbacks: [anthropic/claude-haiku-5]", "fallbacks: {}", "a mapping; a list", "list"),
        ("{type: string, description: The body., max_tokens: 4000}", "string", "the text 'string'; a mapping", "keys"),
    ],
)
def test_a_wrong_type_says_what_is_there_and_how_to_mend_it(old: str, new: str, words: str, hint: str) -> None:
    assert old in PROMPT
    finding = only(PROMPT.replace(old, new))
    assert finding.rule == "wrong-type"
    assert words in finding.message
    assert hint in finding.hint


def test_one_model_as_text_shows_the_mapping() -> None:
    text = re.sub(r"model:\n(?:  .*\n)+", "model: openai/gpt-5\n", PROMPT)
    assert only(text).hint == "Write: model: {name: provider/model}"


@pytest.mark.parametrize(
    ("old", "new", "rule", "words"),
    [
        ("temperature: 0.2", "temperature: 3", "out-of-range", "at most 2"),
        ("temperature: 0.2", "temperature: -1", "out-of-range", "at least 0"),
        ("cost_usd_per_call: 0.002", "cost_usd_per_call: 0", "out-of-range", "more than 0"),
        ("tags: [support]", "tags: [a, a]", "out-of-range", "twice"),
        ('stop: ["\\n\\n"]', 'stop: [""]', "out-of-range", "empty"),
        ("engine: jinja2", "engine: jinja", "unknown-value", "jinja2, plain"),
        ("role: system", "role: sytem", "unknown-value", "system, user"),
        ("name: openai/gpt-5-mini-2026-08-07", "name: 'gpt 5'", "invalid-format", "model's name"),
        ("email: {", "e-mail: {", "invalid-format", "'e-mail'"),
        ("email: {", '"em\u0430il": {', "invalid-format", "mixes Cyrillic and Latin letters: U+0430"),
        ("format: json", "format: text", "invalid-combination", "its format is text"),
        ("owner: support", "template: x", "template-or-messages", "both"),
        ("version: 3\n", "", "missing-key", "'version' is missing"),
    ],
)
def test_each_kind_of_problem_has_its_rule(old: str, new: str, rule: str, words: str) -> None:
    assert old in PROMPT
    finding = only(PROMPT.replace(old, new))
    assert finding.rule == rule
    assert words in finding.message


def test_a_prompt_without_text_says_what_to_write() -> None:
    finding = only("id: a\nversion: 1\nmodel: {name: x}\n")
    assert finding.rule == "template-or-messages"
    assert "template" in finding.hint


def test_several_problems_are_several_findings_in_the_order_of_the_file() -> None:
    text = PROMPT.replace("version: 3", "version: x").replace("0.2", "9").replace("rollback_to", "rolback_to")
    assert [finding.rule for finding in check(text, "prompt")] == ["wrong-type", "out-of-range", "unknown-key"]


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ("../other.jsonl", "may leave its folder"),
        ("/etc/passwd.csv", "may leave its folder"),
        ("https://example.org/c.csv", "nothing is fetched"),
        ("cases/demo.txt", "not a dataset"),
        ("[]", "is empty"),
        ("[{id: a, expected: 5}]", "the number 5"),
        ("[{id: a, exptected: x}]", "'exptected'"),
        ("[a.jsonl, ../b.jsonl]", "may leave its folder"),
        ("5", "the number 5"),
    ],
)
def test_cases_are_explained_by_the_form_that_was_meant(cases: str, words: str) -> None:
    assert words in only(SUITE.replace("cases/summarize-email.jsonl", cases), "suite").message


def test_a_key_in_the_project_file_is_never_repeated() -> None:
    secret = "sk-" + "proj-A1b2C3d4A1b2C3d4"
    for text in (
        PROJECT.replace("{env: OPENAI_API_KEY}", secret),
        PROJECT.replace("{env: OPENAI_API_KEY}", "{env: " + secret + "}"),
        PROJECT.replace("{env: OPENAI_API_KEY}", "[" + secret + "]"),
    ):
        finding = only(text, "project")
        assert secret not in finding.message + finding.hint
        assert "never" in finding.hint.lower() or "keys" in finding.hint


@pytest.mark.parametrize(
    ("text", "kind", "rule"),
    [
        (PROJECT.replace("protocol: local", "protocol: lokal"), "project", "unknown-value"),
        (PROJECT.replace("https://api.openai.com/v1", "ftp://x"), "project", "invalid-format"),
        (PROJECT.replace("sqlite:releases.db", "releases"), "project", "invalid-format"),
        (PROJECT.replace("evals: tests/evals", "evals: ../evals"), "project", "invalid-format"),
        (PROJECT.replace("production:", "Production!:"), "project", "invalid-format"),
        (RUBRIC.replace("choices: [{name: faithful, score: 1}, ", "choices: ["), "rubric", "out-of-range"),
        (RUBRIC.replace("scale:\n", "scale:\n  binary: [{name: a, question: b?}]\n"), "rubric", "out-of-range"),
        (RUBRIC.replace("score: 1}", "score: 2}"), "rubric", "out-of-range"),
    ],
)
def test_other_kinds_are_checked_too(text: str, kind: str, rule: str) -> None:
    assert only(text, kind).rule == rule


def test_a_document_that_could_not_be_read_has_no_schema_findings() -> None:
    assert check_schema(parse_yaml_document(b"- a\n", "f.yaml"), "prompt") == ()


def test_an_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="promt") as caught:
        schema_text("promt")
    assert caught.value.hint == "Did you mean 'prompt'?"


def test_explaining_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    text = PROMPT.replace("{type: object}}\ntools", '{$ref: "http://127.0.0.1:9/x"}}\ntools').replace(
        "version: 3", "version: x"
    )
    assert only(text).rule == "wrong-type"


@given(st.text(max_size=110))
def test_an_id_is_valid_exactly_when_nothing_speaks_against_it(text: str) -> None:
    pattern = re.sub(r"\$$", r"\\Z", schema("prompt")["properties"]["id"]["pattern"])
    fits = bool(re.match(pattern, text)) and len(text) <= 100
    assert fits == (why_not_an_id(text) == "")


@given(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True))
def test_the_schema_and_the_words_agree_on_what_looks_like_an_id(text: str) -> None:
    test_an_id_is_valid_exactly_when_nothing_speaks_against_it.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@given(st.text(st.sampled_from("aB3 ._-é/v"), max_size=20))
def test_a_suggested_id_is_an_id(text: str) -> None:
    better = suggested_id(text)
    assert better == "" or why_not_an_id(better) == ""


def test_an_id_with_capitals_and_spaces_has_an_obvious_form() -> None:
    assert suggested_id("Summarize E-Mail v3") == "summarize-e-mail"
    assert suggested_id("d\u0435mo") == ""
