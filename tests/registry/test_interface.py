from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    Variable,
    VariableType,
)
from llmops_cli.registry.diff.interface import InterfaceChange, interface_changes

NAMES = st.sampled_from(["a", "b", "c"])
TYPES = st.sampled_from(list(VariableType))


def prompt(
    *variables: Variable,
    schema: dict[str, Any] | None = None,
    output: OutputFormat | None = None,
    tools: tuple[dict[str, Any], ...] = (),
) -> Prompt:
    return Prompt(
        id="greet",
        version=1,
        path="prompts/greet.yaml",
        model=ModelSettings(name="local/smollm2-135m"),
        messages=(Template(role=Role.USER, source="Hi.", resolved="Hi."),),
        variables=variables,
        output=OutputContract(
            format=output or (OutputFormat.JSON if schema is not None else OutputFormat.TEXT), schema=schema
        ),
        tools=tools,
    )


def variable(name: str = "email", **fields: Any) -> Variable:
    return Variable(name=name, **fields)


def between(old: Variable | None, new: Variable | None) -> tuple[InterfaceChange, ...]:
    return interface_changes(prompt(*([old] if old else [])), prompt(*([new] if new else [])))


def schemas(old: Any, new: Any) -> tuple[InterfaceChange, ...]:
    return interface_changes(prompt(schema=old), prompt(schema=new))


OPTIONAL: dict[str, Any] = {"default": "x", "has_default": True}


@pytest.mark.parametrize(
    ("old", "new", "breaking"),
    [
        (variable(), None, True),
        (None, variable(), True),
        (None, variable(**OPTIONAL), False),
        (variable(**OPTIONAL), variable(), True),
        (variable(), variable(**OPTIONAL), False),
        (variable(**OPTIONAL), variable(default="y", has_default=True), False),
        (variable(), variable(type=VariableType.INTEGER), True),
        (variable(type=VariableType.NUMBER), variable(type=VariableType.INTEGER), True),
        (variable(type=VariableType.INTEGER), variable(type=VariableType.NUMBER), False),
        (variable(), variable(enum=("a",)), True),
        (variable(enum=("a",)), variable(), False),
        (variable(enum=("a", "b")), variable(enum=("a",)), True),
        (variable(enum=("a",)), variable(enum=("a", "b")), False),
        (variable(enum=(1,)), variable(enum=(True,)), True),
        (variable(), variable(max_tokens=10), True),
        (variable(max_tokens=10), variable(), False),
        (variable(max_tokens=10), variable(max_tokens=9), True),
        (variable(max_tokens=10), variable(max_tokens=11), False),
    ],
)
def test_inputs_may_widen_but_not_narrow(old: Variable | None, new: Variable | None, *, breaking: bool) -> None:
    changes = between(old, new)
    assert changes
    assert any(change.breaking for change in changes) is breaking


def test_a_description_is_no_interface() -> None:
    assert between(variable(description="old"), variable(description="new")) == ()


def test_messages_name_the_variable_and_what_happens() -> None:
    (change,) = between(None, variable())
    assert change == InterfaceChange(
        path="variables.email",
        breaking=True,
        message="required variable 'email' was added: callers that do not pass it fail",
    )


TEXT = {"type": "string"}
NESTED = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {}}}}}


def deep(inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    item = {"type": "object", "properties": {"price": inner}, **more}
    return {"type": "object", "properties": {"items": {"type": "array", "items": item}}}


@pytest.mark.parametrize(
    ("old", "new", "breaking"),
    [
        ({"properties": {"a": TEXT}}, {"properties": {}}, True),
        ({"properties": {}}, {"properties": {"a": TEXT}}, False),
        ({"properties": {}, "additionalProperties": False}, {"properties": {"a": TEXT}}, True),
        ({"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"a": TEXT}}, True),
        ({"properties": {"a": TEXT}}, {"properties": {"a": TEXT}, "required": ["a"]}, False),
        ({"required": ["a"]}, {}, True),
        (TEXT, {"type": ["string", "null"]}, True),
        ({"type": ["string", "null"]}, TEXT, False),
        ({"type": "integer"}, {"type": "number"}, True),
        ({"type": "number"}, {"type": "integer"}, False),
        (TEXT, {}, True),
        ({}, TEXT, False),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, True),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, False),
        ({"enum": ["a"]}, {}, True),
        ({}, {"const": 1}, False),
        ({"const": 1}, {"const": 2}, True),
        ({"maxLength": 10}, {"maxLength": 20}, True),
        ({"maxLength": 20}, {"maxLength": 10}, False),
        ({"maxLength": 10}, {}, True),
        ({}, {"minimum": 0}, False),
        ({"minimum": 1}, {"minimum": 0}, True),
        ({"pattern": "^a"}, {"pattern": "^b"}, True),
        ({"pattern": "^a"}, {}, True),
        ({}, {"pattern": "^a"}, False),
        ({"additionalProperties": False}, {}, True),
        ({}, {"additionalProperties": False}, False),
        ({"additionalProperties": TEXT}, {"additionalProperties": {"type": ["string", "null"]}}, True),
        ({}, {"additionalProperties": TEXT}, False),
        ({"items": TEXT}, {}, True),
        ({}, {"items": TEXT}, False),
        (deep(TEXT), deep({"type": ["string", "null"]}), True),
        (deep({"type": ["string", "null"]}), deep(TEXT), False),
        (deep(TEXT, required=["price"]), deep(TEXT), True),
        ({"anyOf": [TEXT]}, {"anyOf": [TEXT, {"type": "null"}]}, True),
        ({"items": False}, {"items": TEXT}, True),
    ],
)
def test_outputs_may_narrow_but_not_widen(old: Any, new: Any, *, breaking: bool) -> None:
    changes = schemas(old, new)
    assert changes
    assert any(change.breaking for change in changes) is breaking


def test_annotations_are_no_contract() -> None:
    assert schemas({"type": "object", "title": "A", "description": "b"}, {"type": "object", "examples": [1]}) == ()


def test_the_path_leads_through_objects_and_arrays() -> None:
    (change,) = schemas(deep(TEXT), deep({"type": ["string", "null"]}))
    assert change.path == "output.items.items.price"
    assert change.message == "'items.items.price' may be null now"


def test_a_local_reference_is_followed() -> None:
    def document(price: dict[str, Any]) -> dict[str, Any]:
        return {"properties": {"price": {"$ref": "#/$defs/price"}}, "$defs": {"price": price}}

    assert [change.breaking for change in schemas(document(TEXT), document({"type": ["null", "string"]}))] == [True]
    assert schemas(document(TEXT), {"properties": {"price": TEXT}}) == ()


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    def tree(label: dict[str, Any]) -> dict[str, Any]:
        branch = {"$ref": "#"}
        return {"type": "object", "properties": {"left": branch, "right": branch, "label": label}}

    assert len(schemas(tree(TEXT), tree({"type": "number"}))) == 2


@pytest.mark.parametrize("reference", ["#/$defs/none", "https://example.org/schema", "#/$defs/loop"])
def test_a_reference_that_leads_nowhere_counts_as_breaking_only_when_it_changed(reference: str) -> None:
    schema = {"properties": {"a": {"$ref": reference}}, "$defs": {"loop": {"$ref": "#/$defs/loop"}}}
    assert schemas(schema, schema) == ()
    (change,) = schemas(schema, {"properties": {"a": TEXT}})
    assert change.breaking
    assert "cannot be compared" in change.message


def test_the_format_of_the_answer_is_a_promise() -> None:
    to_json = interface_changes(prompt(), prompt(output=OutputFormat.JSON))
    assert [change.message for change in to_json] == ["the answer is json instead of text"]
    assert to_json[0].breaking
    dropped = interface_changes(prompt(schema={}), prompt(output=OutputFormat.JSON))
    assert [change.breaking for change in dropped] == [True]
    gained = interface_changes(prompt(output=OutputFormat.JSON), prompt(schema={}))
    assert [change.breaking for change in gained] == [False]


def test_a_new_tool_breaks_an_application_that_does_not_know_it() -> None:
    search = {"name": "search", "parameters": {"type": "object", "properties": {"query": TEXT}}}
    wrapped = {"type": "function", "function": search}
    assert interface_changes(prompt(tools=(search,)), prompt(tools=(wrapped,))) == ()
    (added,) = interface_changes(prompt(), prompt(tools=(search,)))
    assert (added.path, added.breaking) == ("tools.search", True)
    (removed,) = interface_changes(prompt(tools=(search,)), prompt())
    assert not removed.breaking
    other = {"name": "search", "parameters": {"type": "object", "properties": {}}}
    (changed,) = interface_changes(prompt(tools=(search,)), prompt(tools=(other,)))
    assert (changed.path, changed.breaking) == ("tools.search.query", True)


JSON_SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "number", "object", ["string", "null"]]),
            "enum": st.lists(st.sampled_from(["a", "b", 1, True, None]), min_size=1, max_size=3),
            "maxLength": st.integers(0, 9),
            "pattern": st.sampled_from(["a", "b"]),
            "required": st.lists(NAMES, max_size=2, unique=True),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "items": inner,
            "additionalProperties": st.one_of(st.booleans(), inner),
            "required": st.lists(NAMES, max_size=2, unique=True),
        },
    ),
    max_leaves=6,
)
VARIABLES = st.lists(
    st.builds(
        Variable,
        name=NAMES,
        type=TYPES,
        enum=st.lists(st.sampled_from(["a", "b", 1]), max_size=2).map(tuple),
        has_default=st.booleans(),
        max_tokens=st.one_of(st.none(), st.integers(1, 9)),
    ),
    unique_by=lambda item: item.name,
    max_size=3,
).map(tuple)
PROMPTS = st.builds(lambda variables, schema: prompt(*variables, schema=schema), VARIABLES, JSON_SCHEMAS)


@given(PROMPTS)
def test_nothing_changed_between_a_prompt_and_itself(one: Prompt) -> None:
    assert interface_changes(one, one) == ()


@given(PROMPTS, PROMPTS)
def test_every_change_has_a_path_and_words(old: Prompt, new: Prompt) -> None:
    for change in interface_changes(old, new):
        assert change.path.split(".")[0] in {"variables", "output"}
        assert change.message


@given(VARIABLES, NAMES)
def test_making_a_variable_optional_is_never_breaking(variables: tuple[Variable, ...], name: str) -> None:
    relaxed = tuple(replace(v, has_default=True) if v.name == name else v for v in variables)
    assert not any(change.breaking for change in interface_changes(prompt(*variables), prompt(*relaxed)))


@given(JSON_SCHEMAS, JSON_SCHEMAS)
def test_a_change_of_an_output_that_breaks_neither_way_is_no_change(old: Any, new: Any) -> None:
    there, back = schemas(old, new), schemas(new, old)
    assert bool(there) == bool(back)
