from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import jinja2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmops_cli.core.prompts import Engine, ModelSettings, Prompt, Role, Template, Variable, VariableType
from llmops_cli.registry.templates.template import RenderError, parse_template, render_messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonValue

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def prompt_of(
    source: str,
    *variables: Variable,
    engine: Engine = Engine.JINJA2,
    partials: Mapping[str, str] | None = None,
) -> Prompt:
    template = parse_template(source, engine=engine, partials=partials or {})
    assert template.problems == ()
    declared = variables or tuple(Variable(name=name) for name in sorted(template.variables))
    return Prompt(
        id="demo",
        version=1,
        path="prompts/demo.yaml",
        model=ModelSettings(name="echo/x"),
        messages=(Template(role=Role.USER, source=template.source, resolved=template.resolved),),
        engine=engine,
        variables=declared,
    )


def rendered(source: str, **values: JsonValue) -> str:
    return rendered_with({}, source, **values)


def rendered_with(partials: Mapping[str, str], source: str, **values: JsonValue) -> str:
    names = tuple(Variable(name=name, type=type_of(value)) for name, value in values.items())
    (message,) = render_messages(prompt_of(source, *names, partials=partials), values)
    return message.content


def type_of(value: JsonValue) -> VariableType:
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return VariableType(kinds[type(value)])


@given(TEXTS)
def test_a_value_reaches_the_model_as_it_is_and_is_never_rendered_again(value: str) -> None:
    assert rendered("<{{ a }}>", a=value) == f"<{value}>"


@given(st.sampled_from(["{{ 7*7 }}", "{% if x %}", "{# c #}", "{{ a }}", "I'm <b>&hungry</b>", '"', "${x}"]))
def test_what_looks_like_a_template_or_markup_inside_a_value_stays(value: str) -> None:
    for engine in Engine:
        (message,) = render_messages(prompt_of("{{ a }}|{{ a }}", engine=engine), {"a": value})
        assert message.content == f"{value}|{value}"


def test_the_text_of_the_file_is_exact_down_to_its_last_line_end() -> None:
    assert rendered("{{ a }}\n", a="x") == "x\n"
    assert rendered("{{ a }}\n\n", a="x") == "x\n\n"


def test_attributes_read_data_and_never_python() -> None:
    order: JsonValue = {"items": ["a"], "keys": "k", "id": {"copy": 1}}
    assert rendered("{{ o.items[0] }} {{ o.keys }} {{ o['id'].copy }}", o=order) == "a k 1"
    with pytest.raises(RenderError, match="no attribute 'upper'"):
        rendered("{{ s.upper }}", s="x")
    with pytest.raises(RenderError, match="no attribute 'values'"):
        rendered("{{ o.values }}", o={})


def test_loops_know_their_index_and_their_end() -> None:
    source = "{% for x in xs %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ '' if loop.last else ', ' }}{% endfor %}"
    assert rendered(source, xs=["a", "b"]) == "1/2a, 2/2b"
    assert rendered("{% for k, v in o|dictsort %}{{ k }}{{ v }}{% endfor %}", o={"b": 2, "a": 1}) == "a1b2"
    assert rendered("{% for x in xs if x > 1 %}{{ x }}{% else %}none{% endfor %}", xs=[1, 2, 3]) == "23"


def test_json_is_written_without_escapes_for_html() -> None:
    assert rendered("{{ o|tojson }}", o={"a": "<é'&>"}) == '{"a": "<é\'&>"}'


def test_a_default_fills_in_and_a_missing_value_is_an_error() -> None:
    tone = Variable(name="tone", default="kind", has_default=True)
    prompt = prompt_of("{{ name }} {{ tone }}", Variable(name="name"), tone)
    assert render_messages(prompt, {"name": "Ada"})[0].content == "Ada kind"
    with pytest.raises(RenderError, match="'name' of prompt 'demo' has no value"):
        render_messages(prompt, {})
    with pytest.raises(RenderError, match="no variable 'nmae'") as caught:
        render_messages(prompt, {"nmae": "Ada"})
    assert caught.value.hint == "Did you mean 'name'?"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (VariableType.STRING, "1", 1),
        (VariableType.INTEGER, 1, True),
        (VariableType.INTEGER, 2.0, 2.5),
        (VariableType.NUMBER, 1.5, "1.5"),
        (VariableType.BOOLEAN, True, 1),
        (VariableType.ARRAY, [], "[]"),
        (VariableType.OBJECT, {}, []),
    ],
)
def test_values_have_the_declared_type(kind: VariableType, good: JsonValue, bad: JsonValue) -> None:
    prompt = prompt_of("{{ a }}", Variable(name="a", type=kind))
    render_messages(prompt, {"a": good})
    for wrong in (bad, None):
        with pytest.raises(RenderError, match=f"has to be of type {kind.value}"):
            render_messages(prompt, {"a": wrong})


def test_values_are_among_those_that_the_variable_lists() -> None:
    prompt = prompt_of("{{ a }}", Variable(name="a", enum=("agent", "customer")))
    with pytest.raises(RenderError, match='has to be one of "agent", "customer", and is "agnet"'):
        render_messages(prompt, {"a": "agnet"})


def test_undefined_names_and_keys_are_errors_and_no_empty_text() -> None:
    with pytest.raises(RenderError, match="'b' is undefined"):
        render_messages(prompt_of("{{ b }}", Variable(name="a")), {"a": ""})
    with pytest.raises(RenderError, match="no attribute 'b'"):
        rendered("{{ o.b }}", o={})
    with pytest.raises(RenderError, match="no attribute 'b'"):
        rendered("{% for x in o.b %}{% endfor %}", o={})


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{{ a + 1 }}", {"a": "x"}),
        ("{{ a|round(400) }}", {"a": 1.5}),
        ("{{ a|sort|join }}", {"a": [1, "x"]}),
        ("{{ a|tojson(indent=900000) }}", {"a": {}}),
        ("{{ a|sum }}", {"a": [[1], [2]]}),
        ("{{ a is divisibleby 0 }}", {"a": 1}),
        ("{% for x, y in a %}{% endfor %}", {"a": [[1]]}),
        ("{{ a|truncate('x') }}", {"a": "y" * 300}),
    ],
)
def test_a_failing_expression_is_told_as_an_error_of_the_file(source: str, values: dict[str, JsonValue]) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(source, **values)
    assert caught.value.where == "prompts/demo.yaml"


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in b %}{% for c in b %}{% for d in b %}xxxxxxxxxx{% endfor %}{% endfor %}{% endfor %}",
        "{{ s|replace('', s) }}",
        "{{ b|join(s) }}",
        "{{ s }}{{ s }}{{ s }}{{ s }}",
    ],
)
def test_output_stops_at_its_limit(source: str) -> None:
    with pytest.raises(RenderError, match="grows beyond 1024 KiB"):
        rendered(source, b=[1] * 10_000, s="x" * 300_000)


def test_the_plain_engine_stops_at_the_same_limit() -> None:
    with pytest.raises(RenderError, match="grows beyond 1024 KiB"):
        render_messages(prompt_of("{{ s }}{{ s }}", engine=Engine.PLAIN), {"s": "x" * 600_000})


def test_a_loop_that_writes_nothing_stops_when_its_time_is_over() -> None:
    ticks = itertools.count()
    source = "{% for a in b %}{% for c in b %}{% for d in b %}{% endfor %}{% endfor %}{% endfor %}"
    prompt = prompt_of(source, Variable(name="b", type=VariableType.ARRAY))
    with pytest.raises(RenderError, match="longer than 2 seconds"):
        render_messages(prompt, {"b": [1] * 1_000}, clock=lambda: next(ticks) * 0.01)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(RenderError, match="surrogate"):
        rendered("{{ a }}", a="\ud83d")
    with pytest.raises(RenderError, match="surrogate"):
        render_messages(prompt_of("{{ a }}", engine=Engine.PLAIN), {"a": "\ud83d"})


def test_the_plain_engine_writes_values_that_are_no_text_as_json() -> None:
    a = Variable(name="a", type=VariableType.OBJECT)
    (message,) = render_messages(prompt_of("{{#if}} {{ a }}", a, engine=Engine.PLAIN), {"a": {"b": [True, "é"]}})
    assert message.content == '{{#if}} {"b": [true, "é"]}'


def test_a_brace_before_a_partial_does_not_become_a_tag() -> None:
    assert rendered_with({"p": "{ a }} {"}, '{ {%- include "p" %}', a="no") == "{{ a }} {"
    assert rendered_with({"p": "% if a %}"}, '{ {%- include "p" %}', a="no") == "{% if a %}"


def test_white_space_control_of_a_partial_ends_at_its_border() -> None:
    partials = {"p": "{%- if a %} x {% endif -%}\n"}
    assert rendered_with(partials, '1 {% include "p" %} 2', a=True) == "1  x  2"
    assert rendered_with(partials, '1 {%- include "p" -%} 2', a=True) == "1 x 2"


PIECES = st.sampled_from(
    [
        "text", " ", "\n", "  \n ", "{", "}", "{ ", "%", "#", "'<&",
        "{{ a }}", "{{- a }}", "{{ a -}}", "{{ -1 }}", "{{- -1 }}", "{# c #}", "{#- c -#}",
        "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} { {%- endraw -%}", "{{ {'k': {'l': 1}}.k.l }}",
        "{% if b %}yes{% endif %}", "{%- if b -%} yes {%- else %} no {% endif -%}",
        "{% for i in xs %}{{ i }},{% endfor %}", "{%- for i in xs -%} {{ loop.index }} {%- endfor +%}",
    ],
)  # fmt: skip
SOURCES = st.lists(PIECES, max_size=6).map("".join)
INCLUDES = st.sampled_from(
    ['{% include "p" %}', '{%- include "p" %}', '{% include "p" -%}', '{%- include "q" -%}', "{%include 'q'%}"],
)
OUTER = st.lists(PIECES | INCLUDES, max_size=8).map("".join)
INNER = st.lists(PIECES | st.just('{% include "q" %}') | st.just('{%- include "q" -%}'), max_size=5).map("".join)


@given(outer=OUTER, p=INNER, q=SOURCES)
def test_a_text_with_its_partials_put_in_renders_as_jinja2_renders_the_includes(outer: str, p: str, q: str) -> None:
    partials = {"p": p + "\n", "q": q}
    template = parse_template(outer, engine=Engine.JINJA2, partials=partials)
    assume(not template.problems)
    values: dict[str, JsonValue] = {"a": "A{{ b }}", "b": True, "xs": [1, 2]}
    types = {"a": "string", "b": "boolean", "xs": "array"}
    prompt = prompt_of(
        outer, *(Variable(name=n, type=VariableType(kind)) for n, kind in types.items()), partials=partials
    )
    (message,) = render_messages(prompt, values)
    # Jinja2's own rule for files: a template ends without the line end that closes its file
    files = jinja2.DictLoader({name: text.removesuffix("\n") for name, text in partials.items()})
    theirs = jinja2.Environment(loader=files, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - as ours
    assert message.content == theirs.from_string(outer).render(values)


SIMPLE_PIECES = st.one_of(
    st.sampled_from(["{{ a }}", "{{b}}", "{{\ta }}", "{ {", "}}", "%}", "{", "}", "\n", "\r", "\r\n", "{{ a }}\n"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}%#"), max_size=6),
)


@given(st.lists(SIMPLE_PIECES, max_size=8).map("".join), TEXTS, st.one_of(TEXTS, st.integers(-9, 9), st.booleans()))
def test_templates_of_texts_and_names_come_out_as_jinja2_writes_them(
    source: str, first: str, second: JsonValue
) -> None:
    theirs = jinja2.Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701 - as ours
    try:
        # the one thing that is normalised in a template, before anything else reads it
        expected = theirs.from_string(source.replace("\r\n", "\n")).render(a=first, b=second)
    except jinja2.TemplateError:
        assume(False)  # noqa: FBT003 - the pieces met to something that is no template
    values: dict[str, JsonValue] = {"a": first, "b": second}
    names = tuple(Variable(name=name, type=type_of(value)) for name, value in values.items())
    (message,) = render_messages(prompt_of(source, *names), values)
    assert message.content == expected
