from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.prompts import (
    ModelSettings,
    OutputContract,
    OutputFormat,
    Prompt,
    Role,
    Template,
    Traffic,
    Variable,
    VariableType,
)
from llmops_cli.registry.costs.prices import Price
from llmops_cli.registry.costs.tokens import TokenCount
from llmops_cli.registry.diff.prompt_costs import CostDelta, usd
from llmops_cli.registry.diff.prompt_diff import PromptDiff, diff_prompts
from llmops_cli.registry.diff.value_changes import ChangeKind, value_changes
from llmops_cli.registry.diff.word_diff import PieceKind, new_text, old_text
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.prompt_file import parse_prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Message

TEN_DOLLARS = Price(input_usd_per_million=10.0, output_usd_per_million=30.0)


def count_words(messages: Iterable[Message], model: str) -> TokenCount:
    assert model
    return TokenCount(tokens=sum(len(m.content.split()) for m in messages), exact=True, error_fraction=0.0)


def compare(old: Prompt | None, new: Prompt | None, price: Price | None = TEN_DOLLARS) -> PromptDiff:
    return diff_prompts(old, new, count_messages=count_words, price_of=lambda _: price)


def template(text: str, role: Role = Role.USER) -> Template:
    return Template(role=role, source=text, resolved=text)


def prompt(*messages: Template, version: int = 1, calls_per_day: float | None = None) -> Prompt:
    return Prompt(
        id="a",
        version=version,
        path="prompts/a.yaml",
        model=ModelSettings(name="openai/some-model", temperature=0.2),
        messages=messages or (template("Summarise {{ email }}"),),
        variables=(Variable(name="email"),),
        traffic=Traffic(calls_per_day=calls_per_day) if calls_per_day else None,
    )


def test_two_hundred_tokens_at_a_hundred_thousand_calls_a_day_cost_six_thousand_dollars_a_month() -> None:
    old = prompt(template("word " * 300), calls_per_day=100_000)
    new = prompt(template("word " * 500), version=2, calls_per_day=100_000)
    diff = compare(old, new)
    assert diff.tokens.change == 200
    assert diff.cost.usd_per_day == 200
    assert diff.cost.usd_per_month == 6000
    assert diff.cost.sentence() == "+$0.002 a call: +$200 a day, +$6,000 a month (30 days) at 100,000 calls a day"
    assert compare(new, old).cost.sentence().startswith("−$0.002 a call: −$200 a day, −$6,000 a month")


def test_an_unknown_price_is_said_and_never_zero() -> None:
    cost = compare(prompt(calls_per_day=5), prompt(template("more words here"), version=2), price=None).cost
    assert (cost.usd_per_call, cost.usd_per_day, cost.usd_per_month) == (None, None, None)
    assert cost.sentence() == "cost unknown: no price for openai/some-model"


def test_without_declared_traffic_the_month_is_not_made_up() -> None:
    cost = compare(prompt(), prompt(template("one two three four"), version=2)).cost
    assert cost.usd_per_call == pytest.approx(0.000_01 * (4 - 4))
    assert cost.usd_per_month is None
    assert "traffic.calls_per_day" in cost.sentence()


def test_another_model_changes_the_cost_of_the_same_text() -> None:
    old = prompt(template("word " * 100), calls_per_day=1000)
    new = replace(old, version=2, model=ModelSettings(name="openai/dear-model"))
    prices = {
        "openai/some-model": TEN_DOLLARS,
        "openai/dear-model": Price(input_usd_per_million=20, output_usd_per_million=60),
    }
    diff = diff_prompts(old, new, count_messages=count_words, price_of=prices.get)
    assert diff.tokens.change == 0
    assert diff.cost.usd_per_day == pytest.approx(1.0)
    partly = diff_prompts(old, new, count_messages=count_words, price_of={"openai/some-model": TEN_DOLLARS}.get)
    assert partly.cost.unpriced == ("openai/dear-model",)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (200, "+$200"),
        (-6000, "−$6,000"),
        (0.002, "+$0.002"),
        (1.5, "+$1.50"),
        (-0.25, "−$0.25"),
        (1234.56, "+$1,235"),
        (0.000_000_25, "+$0.00000025"),
        (0.123456, "+$0.12"),
    ],
)
def test_dollars_read_like_dollars(amount: float, text: str) -> None:
    assert usd(amount) == text


def test_comments_layout_and_line_ends_are_no_semantic_change() -> None:
    text = "id: a\nversion: 1\nmodel: {name: echo/x}\ntemplate: |\n  Say\n  {{ x }}\nvariables:\n  x: {type: string}\n"
    other = (
        "# why\nversion: 1\nid: a\ndescription: new\nvariables: {x: {type: string}}\n"
        "model:\n  name: echo/x\ntemplate: |\n  Say\n  {{ x }}\n"
    )
    prompts = [
        parse_prompt(parse_yaml_document(data.encode(), "prompts/a.yaml"), {}).prompt
        for data in (text, other.replace("\n", "\r\n"))
    ]
    diff = compare(prompts[0], prompts[1])
    assert all(prompts)
    assert not diff.meaning_changed
    assert diff.headline().startswith("No semantic change")
    assert not any(message.changed for message in diff.messages)
    assert [change.path for change in diff.metadata] == ["description"]


def test_settings_variables_and_interface_are_told_apart() -> None:
    old = prompt()
    new = replace(
        old,
        version=2,
        owner="team",
        model=ModelSettings(name="openai/some-model", temperature=0.7, max_tokens=100, extra={"a": {"b": 1}}),
        variables=(Variable(name="email"), Variable(name="tone", type=VariableType.INTEGER)),
        output=OutputContract(format=OutputFormat.JSON, schema={"type": "object"}),
    )
    diff = compare(old, new)
    settings = {change.path: (change.kind, change.before, change.after) for change in diff.settings}
    assert settings["model.temperature"] == (ChangeKind.CHANGED, 0.2, 0.7)
    assert settings["model.max_tokens"] == (ChangeKind.ADDED, None, 100)
    assert settings["output.format"] == (ChangeKind.CHANGED, "text", "json")
    assert [change.path for change in diff.variables] == ["variables.tone"]
    assert {change.path for change in diff.metadata} == {"version", "owner"}
    assert diff.breaking
    assert diff.headline() == "a-v1 → a-v2, breaking for callers."


def test_a_change_under_the_same_version_is_named() -> None:
    assert "under the same version" in compare(prompt(), prompt(template("other"))).headline()


def test_a_new_and_a_deleted_prompt_are_all_words() -> None:
    added, gone = compare(None, prompt()), compare(prompt(), None)
    assert added.headline() == "a-v1 is new."
    assert gone.headline() == "a-v1 is gone."
    assert [piece.kind for piece in added.messages[0].pieces] == [PieceKind.INSERT]
    assert [piece.kind for piece in gone.messages[0].pieces] == [PieceKind.DELETE]
    assert added.tokens.before == 0
    assert gone.interface == ()
    assert not compare(None, None).meaning_changed


def test_an_inserted_message_does_not_shift_the_others() -> None:
    system, user = template("Be brief.", Role.SYSTEM), template("Summarise {{ email }}")
    example = template("Example", Role.ASSISTANT)
    diff = compare(prompt(system, user), prompt(system, example, replace(user, resolved="Summarise now {{ email }}")))
    roles = [(message.old_role, message.new_role, message.changed) for message in diff.messages]
    assert (Role.SYSTEM, Role.SYSTEM, False) in roles
    assert (None, Role.ASSISTANT, True) in roles
    assert (Role.USER, Role.USER, True) in roles
    assert len(roles) == 3


@given(
    st.lists(st.tuples(st.sampled_from(Role), st.text(max_size=20)), max_size=4),
    st.lists(st.tuples(st.sampled_from(Role), st.text(max_size=20)), max_size=4),
)
def test_no_message_is_lost(old: list[tuple[Role, str]], new: list[tuple[Role, str]]) -> None:
    sides = [prompt(template("x"), *(template(text, role) for role, text in side)) for side in (old, new)]
    messages = compare(sides[0], sides[1]).messages
    before = [(message.old_role, old_text(message.pieces)) for message in messages if message.old_role]
    after = [(message.new_role, new_text(message.pieces)) for message in messages if message.new_role]
    assert before == [(m.role, m.resolved) for m in sides[0].messages]
    assert after == [(m.role, m.resolved) for m in sides[1].messages]


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4))
def test_a_value_does_not_differ_from_itself(value: JsonObject) -> None:
    assert list(value_changes(value, value)) == []


@pytest.mark.parametrize(
    ("before", "after", "differ"), [(1, 1.0, False), (1, True, True), (0, False, True), ([1, 2], [2, 1], True)]
)
def test_values_are_equal_when_their_canonical_json_is(before: JsonValue, after: JsonValue, differ: bool) -> None:  # noqa: FBT001 - a column of the table
    assert bool(list(value_changes({"x": before}, {"x": after}))) == differ


def test_cost_without_a_change_is_zero_dollars() -> None:
    assert CostDelta(usd_per_call=0.0, calls_per_day=10).sentence().startswith("$0 a call: $0 a day")
