"""A prompt file: from the document to the checked prompt, with every problem at its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Position
from llmops_cli.core.prompts import (
    Engine,
    ModelSettings,
    OutputContract,
    OutputFormat,
    Prompt,
    PromptBudget,
    Role,
    Template,
    Traffic,
    Variable,
    VariableType,
)
from llmops_cli.registry.documents.fields import field_of, object_of, objects_of, texts_of, values_of
from llmops_cli.registry.documents.schema_check import check_schema
from llmops_cli.registry.templates.places import position_in_file
from llmops_cli.registry.templates.template import ParsedTemplate, parse_template
from llmops_cli.registry.templates.variable_values import has_type, shown, value_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.registry.documents.document import YamlDocument

__all__ = ["ParsedPrompt", "parse_prompt", "position_in_file"]

_RESERVED_NAMES = frozenset({"and", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "self", "true"})
_RESERVED_NAMES |= {"False", "None", "True"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPrompt:
    """The prompt, or None when its file has an error; all findings; the templates of its messages in order."""

    prompt: Prompt | None
    findings: tuple[Finding, ...] = ()
    templates: tuple[ParsedTemplate, ...] = ()


def parse_prompt(document: YamlDocument, partials: Mapping[str, str]) -> ParsedPrompt:
    """Check a document as a prompt and build it; never raises for what a file holds."""
    root = document.root
    if root is None:
        return ParsedPrompt(prompt=None, findings=document.findings)
    findings = [*document.findings, *check_schema(document, "prompt")]
    engine = Engine.PLAIN if root.get("engine") == Engine.PLAIN.value else Engine.JINJA2
    sources = _sources(root)
    templates = tuple(parse_template(text, engine=engine, partials=partials) for text in sources)
    for index, template in enumerate(templates):
        findings.extend(_template_findings(document, index, template))
    fit = not any(finding.is_error for finding in findings)
    prompt = _prompt(document.path, root, engine, templates) if fit else None
    if prompt is not None:
        problems = tuple(_variable_findings(document, prompt))
        findings.extend(problems)
        prompt = None if problems else prompt
    return ParsedPrompt(prompt=prompt, findings=tuple(findings), templates=templates)


def _sources(root: JsonObject) -> Sequence[str]:
    """Return the texts that are there, also from a document that the schema has refused."""
    if "template" in root:
        return [root["template"]] if isinstance(root["template"], str) else []
    messages = root.get("messages")
    if not isinstance(messages, list):
        return []
    contents = [message.get("content") if isinstance(message, dict) else "" for message in messages]
    return [content if isinstance(content, str) else "" for content in contents]


def _template_findings(document: YamlDocument, index: int, template: ParsedTemplate) -> Iterator[Finding]:
    for problem in template.problems:
        yield Finding(
            path=document.path,
            position=position_in_file(document, index, Position(problem.line, problem.column)),
            severity=problem.severity,
            rule=problem.rule,
            message=problem.message,
            hint=problem.hint,
        )


def _variable_findings(document: YamlDocument, prompt: Prompt) -> Iterator[Finding]:
    for variable in prompt.variables:
        name = variable.name
        for index, item in enumerate(variable.enum):
            if not has_type(item, variable.type):
                yield Finding(
                    path=document.path,
                    position=document.position_of("variables", name, "enum", index),
                    rule="variable-enum",
                    message=f"{shown(item)} is no value of variable '{name}', whose type is {variable.type.value}.",
                    hint="Correct the value, or the type.",
                )
        problem = value_problem(variable, variable.default) if variable.has_default else None
        if problem:
            yield Finding(
                path=document.path,
                position=document.position_of("variables", name, "default"),
                rule="variable-default",
                message=f"the default of variable '{name}' {problem}",
                hint="Correct the default, or leave it out to make the variable required.",
            )
        if prompt.engine is Engine.JINJA2 and name in _RESERVED_NAMES:
            yield Finding(
                path=document.path,
                position=document.key_position_of("variables", name),
                rule="variable-name",
                message=f"'{name}' is a word of the template language and cannot name a variable.",
                hint="Rename it.",
            )


def _prompt(path: str, root: JsonObject, engine: Engine, templates: Sequence[ParsedTemplate]) -> Prompt:
    """Build the prompt from a document that the schema has accepted."""
    traffic = object_of(root, "traffic")
    budget = object_of(root, "budget")
    return Prompt(
        id=field_of(root, "id", ""),
        version=field_of(root, "version", 0),
        path=path,
        model=_model(object_of(root, "model")),
        messages=tuple(
            Template(role=role, source=template.source, resolved=template.resolved)
            for role, template in zip(_roles(root), templates, strict=True)
        ),
        engine=engine,
        variables=tuple(
            _variable(name, object_of(object_of(root, "variables"), name)) for name in object_of(root, "variables")
        ),
        output=_output(object_of(root, "output")),
        tools=objects_of(root, "tools"),
        description=field_of(root, "description", ""),
        owner=field_of(root, "owner", ""),
        tags=texts_of(root, "tags"),
        budget=PromptBudget(
            prompt_tokens=field_of(budget, "prompt_tokens", None),
            cost_usd_per_call=field_of(budget, "cost_usd_per_call", None),
        ),
        traffic=Traffic(calls_per_day=field_of(traffic, "calls_per_day", 0)) if traffic else None,
        rollback_to=field_of(root, "rollback_to", None),
        partials=tuple(sorted(frozenset[str]().union(*(template.partials for template in templates)))),
    )


def _roles(root: JsonObject) -> Sequence[Role]:
    if "template" in root:
        return [Role.USER]
    return [Role(field_of(message, "role", "")) for message in objects_of(root, "messages")]


def _model(entry: JsonObject) -> ModelSettings:
    return ModelSettings(
        name=field_of(entry, "name", ""),
        temperature=field_of(entry, "temperature", None),
        max_tokens=field_of(entry, "max_tokens", None),
        top_p=field_of(entry, "top_p", None),
        seed=field_of(entry, "seed", None),
        stop=texts_of(entry, "stop"),
        extra=object_of(entry, "extra"),
        fallbacks=texts_of(entry, "fallbacks"),
    )


def _variable(name: str, entry: JsonObject) -> Variable:
    return Variable(
        name=name,
        type=VariableType(field_of(entry, "type", VariableType.STRING.value)),
        description=field_of(entry, "description", ""),
        enum=values_of(entry, "enum"),
        default=entry.get("default"),
        has_default="default" in entry,
        max_tokens=field_of(entry, "max_tokens", None),
    )


def _output(entry: JsonObject) -> OutputContract:
    # a schema alone says that the answer is JSON
    implied = OutputFormat.JSON if "schema" in entry else OutputFormat.TEXT
    return OutputContract(
        format=OutputFormat(field_of(entry, "format", implied.value)),
        schema=object_of(entry, "schema") if "schema" in entry else None,
    )
