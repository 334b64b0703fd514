"""The content of a release back to a prompt: the same value that was checked when its file was read."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.core.prompts import (
    Engine,
    ModelSettings,
    OutputContract,
    OutputFormat,
    Prompt,
    Role,
    Template,
    Variable,
    VariableType,
)
from llmops_cli.core.strict_document import LARGEST_DOCUMENT, DocumentError, Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonObject

PROMPT_ID = re.compile(r"(?=.{1,100}\Z)(?!.*-v[0-9]+\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

_Choice = TypeVar("_Choice", bound=StrEnum)


def prompt_from_content(content: JsonObject, *, prompt_id: str, version: int, path: str = "") -> Prompt:
    """Return the prompt whose `content()` is `content`; templates come resolved, without their partials' names.

    Raises:
        DocumentError: when `content` is not what `Prompt.content` writes.
    """
    fields = Fields(content, "content")
    prompt = Prompt(
        id=prompt_id,
        version=version,
        path=path,
        engine=_choice(fields, "engine", Engine),
        messages=tuple(_messages(fields)),
        model=_model(fields.fields("model")),
        variables=tuple(_variable(name, entry) for name, entry in fields.named("variables")),
        output=_output(fields.fields("output")),
        tools=tuple(_tools(fields)),
    )
    fields.done()
    if not prompt.messages:
        message = "content.messages is empty"
        raise DocumentError(message)
    return prompt


def _choice(fields: Fields, name: str, kind: type[_Choice]) -> _Choice:
    value = fields.text(name, most=40)
    try:
        return kind(value)
    except ValueError:
        message = f"{fields.place(name)} is none of {', '.join(item.value for item in kind)}"
        raise DocumentError(message) from None


def _messages(fields: Fields) -> Iterator[Template]:
    for entry in fields.each("messages", most=200):
        text = entry.text("content", most=LARGEST_DOCUMENT)
        yield Template(role=_choice(entry, "role", Role), source=text, resolved=text)
        entry.done()


def _model(fields: Fields) -> ModelSettings:
    model = ModelSettings(
        name=fields.text("name", least=1, most=300),
        temperature=fields.optional_number("temperature"),
        max_tokens=fields.optional_integer("max_tokens"),
        top_p=fields.optional_number("top_p"),
        seed=fields.optional_integer("seed", least=-(2**53) + 1),
        stop=fields.texts("stop"),
        extra=fields.object("extra") if fields.has("extra") else {},
        fallbacks=fields.texts("fallbacks"),
    )
    fields.done()
    return model


def _variable(name: str, fields: Fields) -> Variable:
    if not VARIABLE_NAME.fullmatch(name):
        message = "content.variables has a name that is no identifier"
        raise DocumentError(message)
    variable = Variable(
        name=name,
        type=_choice(fields, "type", VariableType),
        enum=tuple(fields.list("enum")),
        max_tokens=fields.optional_integer("max_tokens", least=1),
        # a default of null is a default
        has_default=fields.has("default") or fields.is_null("default"),
        default=fields.value("default") if fields.has("default") else None,
    )
    fields.done()
    return variable


def _output(fields: Fields) -> OutputContract:
    output = OutputContract(
        format=_choice(fields, "format", OutputFormat),
        schema=fields.object("schema") if fields.has("schema") else None,
    )
    fields.done()
    return output


def _tools(fields: Fields) -> Iterator[JsonObject]:
    for index, tool in enumerate(fields.list("tools")):
        if not isinstance(tool, dict):
            message = f"content.tools[{index}] is not an object"
            raise DocumentError(message)
        yield tool
