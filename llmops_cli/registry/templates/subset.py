"""The part of Jinja2 that prompts may use: an allow-list over the syntax tree, so that what is new is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.templates import limits
from llmops_cli.registry.templates.template_source import SourceProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import nodes

FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join", "last",
    "length", "list", "lower", "max", "min", "replace", "reverse", "round", "sort", "string", "sum", "title",
    "tojson", "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip
"""Filters that compute from their input alone and cannot blow it up (`rendering` bounds those that could)."""

TESTS = (
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "greaterthan", "gt", "in",
    "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence",
    "string", "true", "undefined", "upper", "==", "!=", "<", "<=", ">", ">=",
)  # fmt: skip
"""Tests that look at a value only."""

PARTIAL_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Partials are named like prompts; a name is never a path."""

_PASSING = frozenset(
    {
        "Template", "Output", "TemplateData", "Name", "Const", "Tuple", "List", "Dict", "Pair",
        "Keyword", "CondExpr", "Filter",
        "Test", "Getattr", "Getitem", "Slice", "Compare", "Operand", "Not", "And", "Or", "Concat", "Neg", "Add", "Sub",
        "If", "For", "Include",
    },
)  # fmt: skip

_REFUSED: Mapping[str, tuple[str, str]] = {
    "Call": ("calls are not allowed.", "Use a filter, as in {{ name|upper }}, or pass the value as a variable."),
    "Macro": ("macros are not allowed.", "Put repeated text into a partial."),
    "CallBlock": ("{% call %} is not allowed.", "Put repeated text into a partial."),
    "Assign": ("{% set %} is not allowed.", "Pass the value as a variable."),
    "AssignBlock": ("{% set %} is not allowed.", "Pass the value as a variable."),
    "NSRef": ("{% set %} is not allowed.", "Pass the value as a variable."),
    "With": ("{% with %} is not allowed.", "Pass the value as a variable."),
    "Extends": ("{% extends %} is not allowed.", "Include a partial instead."),
    "Block": ("{% block %} is not allowed.", "Include a partial instead."),
    "Import": ("{% import %} is not allowed.", "Include a partial instead."),
    "FromImport": ("{% import %} is not allowed.", "Include a partial instead."),
    "FilterBlock": ("{% filter %} is not allowed.", "Apply the filter to each variable."),
    "ScopedEvalContextModifier": ("{% autoescape %} is not allowed.", "Prompts are never escaped."),
    "Mul": ("the operator * is not allowed.", "Pass the computed value as a variable."),
    "Div": ("the operator / is not allowed.", "Pass the computed value as a variable."),
    "FloorDiv": ("the operator // is not allowed.", "Pass the computed value as a variable."),
    "Mod": ("the operator % is not allowed.", "Pass the computed value as a variable."),
    "Pow": ("the operator ** is not allowed.", "Pass the computed value as a variable."),
    "Pos": ("the sign + is not allowed.", "Leave it out."),
}

_LOOP_ATTRIBUTES = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})


@dataclass(frozen=True, slots=True)
class IncludeSite:
    """Where a partial is put in, and what surrounds the place."""

    partial: str
    offset: int
    bound: frozenset[str]
    blocks: int
    loops: int


@dataclass(slots=True)
class Survey:
    """What a walk over one syntax tree finds; names are those that a caller has to give."""

    problems: list[SourceProblem] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    loop_names: dict[str, int] = field(default_factory=dict)
    includes: list[IncludeSite] = field(default_factory=list)
    node_count: int = 0
    blocks: int = 0
    loops: int = 0


def survey(tree: nodes.Template) -> Survey:
    """Walk a tree whose `lineno` are offsets; every construct outside the subset is a problem of its own."""
    found = Survey()
    _Walk(found).visit(tree, frozenset(), 0, 0)
    if found.node_count > limits.NODES:
        message = f"The template is too complex: more than {limits.NODES:,} nodes."
        found.problems.append(SourceProblem(0, "template-limit", message, "Split the text into several prompts."))
    return found


class _Walk:
    """One pass; depth is bounded by the limits that held before parsing."""

    def __init__(self, found: Survey) -> None:
        self.found = found

    def visit(self, node: nodes.Node, bound: frozenset[str], blocks: int, loops: int) -> None:
        kind = type(node).__name__
        self.found.node_count += 1
        if kind not in _PASSING:
            message, hint = _REFUSED.get(kind, (f"{kind} is not allowed in templates.", ""))
            self._refuse(node, message, hint)
            # the arguments of a call are variables, its name is not: `range(n)` is one problem
            self._each(node.iter_child_nodes(exclude=("node",)), bound, blocks, loops)
        elif kind == "For":
            self._for(node, bound, blocks + 1, loops + 1)  # type: ignore[arg-type]
        else:
            inner = blocks + 1 if kind == "If" else blocks
            self.found.blocks = max(self.found.blocks, inner)
            getattr(self, f"_{kind.lower()}", _nothing)(node, bound, blocks, loops)
            self._each(node.iter_child_nodes(), bound, inner, loops)

    def _each(self, children: Iterable[nodes.Node], bound: frozenset[str], blocks: int, loops: int) -> None:
        for child in children:
            if type(child).__name__ == "TemplateData":
                self.found.node_count += 1
            else:
                self.visit(child, bound, blocks, loops)

    def _for(self, node: nodes.For, bound: frozenset[str], blocks: int, loops: int) -> None:
        self.found.blocks = max(self.found.blocks, blocks)
        self.found.loops = max(self.found.loops, loops)
        if node.recursive:
            self._refuse(node, "recursive loops are not allowed.", "")
        targets = [target for target in _targets(node.target) if target is not None]
        if len(targets) != len(list(_targets(node.target))) or "loop" in targets:
            self._refuse(node.target, "a loop variable is a plain name, and not `loop`.", "")
        for name in targets:
            self.found.loop_names.setdefault(name, node.target.lineno)
        inside = bound | set(targets)
        self._each([node.iter, *node.else_], bound, blocks, loops)
        self._each([node.test] if node.test is not None else [], inside, blocks, loops)
        self._each(node.body, inside | {"loop"}, blocks, loops)

    def _name(self, node: nodes.Name, bound: frozenset[str], *_: int) -> None:
        if node.name in {"self", "else"}:
            self._refuse(node, f"`{node.name}` is not a variable.", "Write {% else %}." if node.name == "else" else "")
        elif node.name not in bound:
            self.found.names.setdefault(node.name, node.lineno)

    def _const(self, node: nodes.Const, *_: object) -> None:
        if isinstance(node.value, str) and not node.value.isascii():
            from llmops_cli.registry.documents.text_policy import scan_text  # noqa: PLC0415 - rare

            for problem in scan_text(node.value)[:1]:
                self._refuse(node, f"a text constant holds what nobody sees: {problem.message}", "")
        elif isinstance(node.value, str) and not node.value.replace("\n", "").replace("\t", "").isprintable():
            self._refuse(node, "a text constant holds a control character.", "Leave it out.")

    def _getattr(self, node: nodes.Getattr, bound: frozenset[str], *_: int) -> None:
        if node.attr.startswith("_"):
            self._refuse(node, f"the attribute '{node.attr}' starts with an underscore.", "Only data can be read.")
        elif getattr(node.node, "name", "") == "loop" and "loop" in bound and node.attr not in _LOOP_ATTRIBUTES:
            hint = did_you_mean(node.attr, _LOOP_ATTRIBUTES) or f"There are: {', '.join(sorted(_LOOP_ATTRIBUTES))}."
            self._refuse(node, f"'loop.{node.attr}' is not available.", hint)

    def _getitem(self, node: nodes.Getitem, *_: object) -> None:
        key = getattr(node.arg, "value", None)
        if isinstance(key, str) and key.startswith("__"):
            self._refuse(node, f"the key '{key}' starts with two underscores.", "Only data can be read.")

    def _filter(self, node: nodes.Filter, *_: object) -> None:
        if node.name not in FILTERS:
            hint = did_you_mean(node.name, FILTERS) or f"There are: {', '.join(FILTERS)}."
            self._refuse(node, f"the filter '{node.name}' is not allowed.", hint)

    def _test(self, node: nodes.Test, *_: object) -> None:
        if node.name not in TESTS:
            hint = did_you_mean(node.name, TESTS) or f"There are: {', '.join(TESTS)}."
            self._refuse(node, f"the test '{node.name}' is not allowed.", hint)

    def _condexpr(self, node: nodes.CondExpr, *_: object) -> None:
        if node.expr2 is None:
            self._refuse(node, "an inline `if` needs an `else`: without it the value is undefined.", "Add else ''.")

    def _include(self, node: nodes.Include, bound: frozenset[str], blocks: int, loops: int) -> None:
        partial = getattr(node.template, "value", None)
        if not isinstance(partial, str):
            self._refuse(node, "a partial is named by a text constant.", 'Write {% include "house-tone" %}.')
        elif not PARTIAL_ID.fullmatch(partial):
            message = f"'{partial}' is not the id of a partial."
            self._refuse(node, message, "Partials are files prompts/_partials/<id>.md and are included by id.")
        elif node.ignore_missing or not node.with_context:
            self._refuse(node, "an include has no options.", f'Write {{% include "{partial}" %}}.')
        else:
            self.found.includes.append(IncludeSite(partial, node.lineno, bound, blocks, loops))

    def _refuse(self, node: nodes.Node, message: str, hint: str) -> None:
        # the first word of a message is upper case only where it begins a sentence of its own
        text = f"not in the template subset: {message}"
        self.found.problems.append(SourceProblem(node.lineno, "template-subset", text, hint))


def _nothing(*_: object) -> None:
    """Most nodes have nothing to check beside their children."""


def _targets(node: nodes.Node) -> Iterable[str | None]:
    from jinja2 import nodes as kinds

    if isinstance(node, kinds.Name):
        return [node.name]
    if isinstance(node, kinds.Tuple):
        return [name for item in node.items for name in _targets(item)]
    return [None]
