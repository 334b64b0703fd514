from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Position
from llmops_cli.core.prompts import Engine, OutputFormat, Prompt, Role
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.prompt_file import ParsedPrompt, parse_prompt, position_in_file

FULL = """\
# a comment
id: summarize-email
version: 3
description: One-sentence summary of a customer e-mail.
owner: support-platform
tags: [support, summarization]
model:
  name: openai/gpt-5-mini-2026-08-07
  temperature: 0
  max_tokens: 120
  top_p: 0.9
  seed: 7
  stop: ["\\n\\n"]
  extra: {logit_bias: {"1": 2}}
  fallbacks: [anthropic/claude-haiku-5]
messages:
  - role: system
    content: |
      You summarise e-mails. {% include "house-tone" %}
  - role: user
    content: "{{ email }}"
variables:
  email: {type: string, description: The raw e-mail body., max_tokens: 4000}
  audience: {type: string, enum: [agent, customer], default: agent}
output:
  format: json
  schema: {type: object, required: [summary], properties: {summary: {type: string}}}
tools: [{name: find, parameters: {type: object}}]
budget: {prompt_tokens: 900, cost_usd_per_call: 0.002}
traffic: {calls_per_day: 100000}
rollback_to: 2
"""
PARTIALS = {"house-tone": "Be kind to {{ audience }}.\n"}
HEAD = "id: demo\nversion: 1\nmodel: {name: echo/x}\n"


def parsed(text: str) -> ParsedPrompt:
    return parse_prompt(parse_yaml_document(text.encode(), "prompts/demo.yaml"), PARTIALS)


def prompt_of(text: str) -> Prompt:
    result = parsed(text)
    assert result.findings == ()
    assert result.prompt is not None
    return result.prompt


def test_every_field_of_the_file_is_in_the_prompt() -> None:
    prompt = prompt_of(FULL)
    assert prompt.identifier == "summarize-email-v3"
    assert (prompt.owner, prompt.tags, prompt.rollback_to) == ("support-platform", ("support", "summarization"), 2)
    assert prompt.model.as_json() == {
        "name": "openai/gpt-5-mini-2026-08-07",
        "temperature": 0,
        "max_tokens": 120,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["\n\n"],
        "extra": {"logit_bias": {"1": 2}},
        "fallbacks": ["anthropic/claude-haiku-5"],
    }
    assert prompt.messages[0].resolved == "You summarise e-mails. Be kind to {{ audience }}.\n"
    assert prompt.partials == ("house-tone",)
    assert prompt.by_name["audience"].default == "agent"
    assert prompt.by_name["email"].required
    assert prompt.output.format is OutputFormat.JSON
    assert prompt.tools == ({"name": "find", "parameters": {"type": "object"}},)
    assert (prompt.budget.prompt_tokens, prompt.budget.cost_usd_per_call) == (900, 0.002)
    assert prompt.traffic is not None
    assert prompt.traffic.calls_per_day == 100_000


def test_the_short_form_is_one_user_message() -> None:
    (message,) = prompt_of(HEAD + "template: Hi {{ name }}\nvariables: {name: {type: string}}\n").messages
    assert (message.role, message.source) == (Role.USER, "Hi {{ name }}")


def test_a_default_of_null_is_no_missing_default() -> None:
    result = parsed(HEAD + "template: Hi {{ name }}\nvariables: {name: {type: string, default: null}}\n")
    assert [finding.rule for finding in result.findings] == ["variable-default"]


def test_the_digest_ignores_comments_key_order_descriptions_and_crlf() -> None:
    digest = prompt_of(FULL).digest()
    assert prompt_of(FULL.replace("# a comment", "# another\n\n# more")).digest() == digest
    assert prompt_of(FULL.replace("One-sentence", "Short")).digest() == digest
    assert prompt_of(FULL.replace("\n", "\r\n")).digest() == digest
    lines = FULL.splitlines(keepends=True)
    assert prompt_of("".join([*lines[-3:], *lines[:-3]])).digest() == digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("You summarise", "You  summarise"),
        ("temperature: 0", "temperature: 0.1"),
        ("default: agent", "default: customer"),
        ("format: json", "format: json "),
        ("type: object, required", "type: [object], required"),
        ("role: user", "role: assistant"),
    ],
)
def test_the_digest_sees_what_reaches_a_model_or_an_application(old: str, new: str) -> None:
    changed = prompt_of(FULL.replace(old, new)).digest() != prompt_of(FULL).digest()
    assert changed is (old != new.rstrip())


def test_a_change_of_a_partial_changes_the_digest_of_the_prompts_that_include_it() -> None:
    document = parse_yaml_document(FULL.encode(), "prompts/demo.yaml")
    one = parse_prompt(document, PARTIALS).prompt
    two = parse_prompt(document, {"house-tone": "Be stern to {{ audience }}.\n"}).prompt
    assert one is not None
    assert two is not None
    assert one.digest() != two.digest()


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("|\n  one\n\n    two {{ x|nope }}\n", (7, 14)),
        (">\n  one\n  two {{ x|nope }}\n", (6, 12)),
        ('"a \\"b\\" \\u00e9 {{ x|nope }}"', (4, 32)),
        ("'it''s {{ x|nope }}'", (4, 23)),
        ("one {{ x|nope }}", (4, 20)),
        ("one\n  two {{ x|nope }}", (5, 12)),
    ],
)
def test_a_template_problem_stands_at_its_place_in_the_file(written: str, place: tuple[int, int]) -> None:
    (finding,) = parsed(f"{HEAD}template: {written}\nvariables: {{x: {{type: string}}}}\n").findings
    assert (finding.rule, finding.position) == ("template-subset", Position(*place))


def test_a_place_in_a_message_of_several_is_found_too() -> None:
    document = parse_yaml_document(FULL.encode(), "prompts/demo.yaml")
    assert position_in_file(document, 0, Position(1, 24)) == Position(19, 30)
    assert position_in_file(document, 1, Position(1, 4)) == Position(21, 18)


def test_problems_of_schema_and_templates_come_together() -> None:
    result = parsed("id: demo\nversion: 0\nmodel: {}\ntemplate: '{{ oops'\nvariabels: {}\n")
    assert result.prompt is None
    assert {"template-syntax", "unknown-key", "missing-key", "out-of-range"} <= {f.rule for f in result.findings}


def test_defaults_and_listed_values_have_the_type_of_the_variable() -> None:
    text = HEAD + (
        "template: '{{ a }}{{ b }}{{ c }}'\n"
        "variables:\n"
        "  a: {type: integer, default: x}\n"
        "  b: {type: string, enum: [x, 1]}\n"
        "  c: {type: string, enum: [x, y], default: z}\n"
    )
    result = parsed(text)
    assert result.prompt is None
    assert [(f.rule, f.position.line) for f in result.findings] == [
        ("variable-default", 6),
        ("variable-enum", 7),
        ("variable-default", 8),
    ]


def test_a_word_of_the_template_language_names_no_variable() -> None:
    (finding,) = parsed(HEAD + "template: x\nvariables: {loop: {type: string}}\n").findings
    assert (finding.rule, finding.position) == ("variable-name", Position(5, 13))


def test_plain_prompts_keep_foreign_syntax_as_text() -> None:
    prompt = prompt_of(HEAD + "engine: plain\ntemplate: '{{#if a}} {{ b }}'\nvariables: {b: {type: string}}\n")
    assert prompt.engine is Engine.PLAIN
    assert prompt.messages[0].resolved == "{{#if a}} {{ b }}"


KEYWORDS = "id: version: template: messages: - role: content: variables: model: name: default: enum: output: schema:"
WORDS = st.sampled_from(
    [
        *KEYWORDS.split(" "),
        "{{ a }}",
        "{% if",
        "\n",
        "\n  ",
        " ",
        "x",
        "1",
        "|",
        ">",
        "'",
        '"',
        "{",
        "}",
        "[",
        "]",
        ":",
    ],
)


@given(st.lists(WORDS, max_size=30).map("".join))
def test_no_file_makes_the_parser_raise(text: str) -> None:
    result = parsed(text)
    assert result.prompt is not None or result.findings


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab{}%", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["id", "version", "model", "messages", "template", "variables", "engine", "output", "tools"])


@given(st.dictionaries(KEYS, JSON))
def test_no_value_of_a_wrong_shape_makes_the_parser_raise(root: dict[str, object]) -> None:
    result = parsed(json.dumps(root))
    assert result.prompt is not None or result.findings
