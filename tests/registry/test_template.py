from __future__ import annotations

import subprocess
import sys

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Position
from llmops_cli.core.prompts import Engine
from llmops_cli.registry.templates.subset import FILTERS, TESTS
from llmops_cli.registry.templates.template import ParsedTemplate, parse_template


def parsed(source: str, **partials: str) -> ParsedTemplate:
    named = {name.replace("_", "-"): text for name, text in partials.items()}
    return parse_template(source, engine=Engine.JINJA2, partials=named)


def only_problem(source: str, **partials: str) -> tuple[str, str, str]:
    (problem,) = parsed(source, **partials).problems
    return problem.rule, problem.message, problem.hint


def test_the_names_that_a_caller_gives_are_found_with_their_first_place() -> None:
    template = parsed("Dear {{ name }},\n{% if vip %}{{ order.id }} {{ name }}{% endif %}")
    assert template.variable_positions == {
        "name": Position(1, 9),
        "vip": Position(2, 7),
        "order": Position(2, 16),
    }


def test_a_template_of_placeholders_alone_gives_the_same_as_the_long_way() -> None:
    short = parsed("a {{ x }}\n {{y}} {{ x }}")
    long = parsed("a {{ x }}\n {{y}} {{ x }}{# #}")
    assert short.variable_positions == long.variable_positions == {"x": Position(1, 6), "y": Position(2, 4)}


def test_a_template_of_placeholders_alone_is_checked_without_loading_jinja2() -> None:
    code = (
        "import sys; from llmops_cli.core.prompts import Engine;"
        "from llmops_cli.registry.templates.template import parse_template;"
        "parse_template('Hi {{ name }}', engine=Engine.JINJA2, partials={});"
        "sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loop_variables_are_nobodys_to_give_but_only_inside_the_loop() -> None:
    template = parsed("{% for i in items %}{{ i }}{{ loop.index }}{% else %}{{ i }}{% endfor %}{{ loop }}")
    assert template.variables == {"items", "i", "loop"}
    assert set(template.loop_names) == {"i"}


def test_a_default_filter_does_not_hide_a_name() -> None:
    assert parsed("{{ nmae|default('x') }}").variables == {"nmae"}


def test_every_filter_and_test_of_the_lists_exists_in_jinja2() -> None:
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - only its tables are looked at
    assert set(FILTERS) <= set(environment.filters)
    assert set(TESTS) <= set(environment.tests)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ ''.__class__.__mro__ }}", "underscore"),
        ("{{ body|attr('__class__') }}", "'attr'"),
        ("{{ '{0.__class__}'.format(body) }}", "calls"),
        ("{{ cycler.__init__.__globals__ }}", "underscore"),
        ("{{ body['__class__'] }}", "underscores"),
        ("{% for i in range(99999) %}{% endfor %}", "calls"),
        ("{{ 'a'*1000000000 }}", "operator *"),
        ("{{ 9**(9**9) }}", "operator **"),
        ("{{ 7 % 2 }}", "operator %"),
        ("{{ 7 / 2 }}", "operator /"),
        ("{{ '%900000000d'|format(1) }}", "'format'"),
        ("{{ body|center(900000000) }}", "'center'"),
        ("{{ body|map('upper') }}", "'map'"),
        ("{{ body|indent(900000000) }}", "'indent'"),
        ("{{ body|e }}", "'e'"),
        ("{% macro a() %}{{ a() }}{% endmacro %}", "macros"),
        ('{% set body = "x" %}', "{% set %}"),
        ("{% with a = 1 %}{{ a }}{% endwith %}", "{% with %}"),
        ("{% extends 'x' %}", "{% extends %}"),
        ("{% block x %}{% endblock %}", "{% block %}"),
        ("{% import 'x' as y %}", "{% import %}"),
        ("{% filter upper %}x{% endfilter %}", "{% filter %}"),
        ("{% for a in b recursive %}{% endfor %}", "recursive"),
        ("{% for loop in b %}{% endfor %}", "plain name"),
        ("{{ self }}", "`self`"),
        ("{{else}}", "`else`"),
        ("{{ body is callable }}", "'callable'"),
        ("{{ 'x' if body }}", "`else`"),
        ('{% include "/etc/passwd" %}', "not the id of a partial"),
        ('{% include "../../../etc/passwd" %}', "not the id of a partial"),
        ("{% include body %}", "text constant"),
        ('{% include "tone" ignore missing %}', "no options"),
        ("{{ '\\x00' }}", "control character"),
        ("{{ '\\u202e' }}", "nobody sees"),
        ("{% for i in body %}{{ loop.cycle }}{% endfor %}", "loop.cycle"),
    ],
)
def test_what_is_outside_the_subset_is_refused_by_name(source: str, says: str) -> None:
    problems = parsed(source).problems
    assert {problem.rule for problem in problems} == {"template-subset"}
    assert any(says in problem.message for problem in problems)


@pytest.mark.parametrize(
    "source",
    [
        "{% if a and not b or c is defined %}x{% elif d in e %}y{% else %}z{% endif %}",
        "{% for k, v in d|dictsort if v %}{{ loop.index0 + 1 }}. {{ k }}: {{ v.name['x'][0] }}{% endfor %}",
        "{{ a ~ ' ' ~ b|default('none')|upper }}",
        "{{ items|join(', ') }} {{ items[:3]|length }} {{ -1 }}",
        "{{ a if b == 'x' else c }}",
        "{% raw %}{{ not a name }}{% endraw %}",
        "{# a comment #}",
        "{{ [1, 2]|sum }} {{ {'a': 1}|tojson }}",
    ],
)
def test_what_prompts_need_is_in_the_subset(source: str) -> None:
    assert parsed(source).problems == ()


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("Hi {{#if name}}x{{/if}}", "'{{#if name}}' is Handlebars"),
        ("{{> partial}}", "'{{> partial}}' is Handlebars"),
        ("{{{name}}}", "Mustache"),
        ("echo ${#x}", "shell"),
        ("{{ .Name }}", "Go template"),
        ("{% assign x = 1 %}", "Liquid"),
    ],
)
def test_a_template_in_another_language_is_told_so_and_offered_plain(source: str, language: str) -> None:
    rule, message, hint = only_problem(source)
    assert rule == "template-syntax"
    assert language in message
    assert "engine: plain" in hint


def test_a_syntax_error_is_placed_where_it_is() -> None:
    (problem,) = parsed("one\ntwo {{ body\n").problems
    assert (problem.line, problem.rule) == (2, "template-syntax")
    (problem,) = parsed("a\n{% do body.append(1) %}").problems
    assert (problem.line, problem.column) == (2, 4)
    assert "unknown tag 'do'" in problem.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
        "{{ " + "[" * 2_000 + "]" * 2_000 + " }}",
        "{{ " + "not " * 2_000 + "a }}",
        "{{ " + "-" * 2_000 + "1 }}",
        "{{ a" + "|upper" * 2_000 + " }}",
        "{{ a" + ".b" * 2_000 + " }}",
        "{{ a" + " and a" * 2_000 + " }}",
        "{{ 'x'" + " if a else 'x'" * 2_000 + " }}",
        "{% if a %}" * 2_000 + "{% endif %}" * 2_000,
        "{% for a in b %}" * 9 + "{% endfor %}" * 9,
        "{{ a }}{# #}" * 5_001,
        "{{ [" + "1," * 6_000 + "] }}",
        "x" * (256 * 1024 + 1),
        "é" * (128 * 1024 + 1),
    ],
)
def test_too_large_and_too_deep_templates_are_refused_without_recursion(source: str) -> None:
    rule, message, _ = only_problem(source)
    assert rule == "template-limit"
    assert len(message) < 200


def test_thousands_of_problems_are_listed_as_a_few_and_a_number() -> None:
    problems = parsed("{{ f() }}" * 1_000).problems
    assert len(problems) == 21
    assert problems[-1].message == "980 more problems of this template are not listed."


def test_a_number_of_thousands_of_digits_is_a_finding_and_no_traceback() -> None:
    assert only_problem("{{ " + "9" * 5_000 + " }}")[0] == "template-syntax"


def test_a_missing_partial_is_told_with_the_nearest_id() -> None:
    rule, message, hint = only_problem('{% include "hose-tone" %}', house_tone="Be kind.")
    assert (rule, hint) == ("partial-missing", "Did you mean 'house-tone'?")
    assert "'hose-tone'" in message


def test_a_cycle_of_partials_shows_its_path() -> None:
    rule, message, _ = only_problem('{% include "a" %}', a='{% include "b" %}', b='{% include "a" %}')
    assert rule == "partial-cycle"
    assert "a -> b -> a" in message
    assert "c -> c" in only_problem('{% include "c" %}', c='{% include "c" %}')[1]


def test_a_broken_partial_is_told_at_the_include_with_its_own_line() -> None:
    (problem,) = parsed('x\n{% include "a" %}', a="fine\n{{ oops").problems
    assert (problem.line, problem.rule) == (2, "template-syntax")
    assert "partial 'a' is broken in its line 2" in problem.message


def test_partials_that_double_each_other_stop_at_the_limit() -> None:
    partials = {f"p{i}": f'{{% include "p{i + 1}" %}}{{% include "p{i + 1}" %}}' for i in range(30)} | {
        "p30": "xxxxxxxx"
    }
    template = parse_template('{% include "p0" %}', engine=Engine.JINJA2, partials=partials)
    assert [problem.rule for problem in template.problems] == ["template-limit"]


def test_a_chain_of_a_thousand_partials_stops_at_the_limit() -> None:
    partials = {f"p{i}": f'{{% include "p{i + 1}" %}}' for i in range(1000)} | {"p1000": "x"}
    template = parse_template('{% include "p0" %}', engine=Engine.JINJA2, partials=partials)
    assert [problem.rule for problem in template.problems] == ["template-limit"]


def test_names_of_a_partial_belong_to_the_template_unless_a_loop_binds_them() -> None:
    template = parsed('{{ a }} {% include "p" %}{% for x in xs %}{% include "p" %}{% endfor %}', p="{{ x }}")
    assert template.variable_positions == {"a": Position(1, 4), "x": Position(1, 12), "xs": Position(1, 38)}
    assert parsed('{% for x in xs %}{% include "p" %}{% endfor %}', p="{{ x }}").variables == {"xs"}
    assert template.partials == {"p"}


def test_a_template_without_partials_is_its_own_resolved_text() -> None:
    source = "A\n {%- if b %} x {% endif -%} \n"
    assert parsed(source).resolved == source


def test_line_ends_become_lf_and_nothing_else_changes() -> None:
    assert parsed("a\r\n{{ b }}\r\n").resolved == "a\n{{ b }}\n"


def test_the_plain_engine_reads_placeholders_and_leaves_all_else_as_text() -> None:
    source = '{{#if x}} ${#y} {% include "gone" %} {{ name }} {{ name | upper }} {{name}}'
    template = parse_template(source, engine=Engine.PLAIN, partials={})
    assert template.variables == {"name"}
    assert template.problems == ()
    assert template.resolved == source
    assert template.variable_positions["name"] == Position(1, source.index("name") + 1)


@given(st.text(alphabet="{}%#-+ \n\"'abx|.()[]include_=if for endif endfor raw", max_size=60))
def test_no_text_makes_the_parser_raise(source: str) -> None:
    template = parsed(source, a="{{ b }}")
    assert all(problem.line >= 1 and problem.column >= 1 for problem in template.problems)


@given(st.text(max_size=60))
def test_no_text_makes_the_plain_parser_raise_or_complain(source: str) -> None:
    assert parse_template(source, engine=Engine.PLAIN, partials={}).problems == ()
