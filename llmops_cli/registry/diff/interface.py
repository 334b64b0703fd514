"""What callers of a prompt rely on, and which changes of it break them.

Inputs may widen but not narrow: a caller that was right must stay right. Outputs may narrow but not
widen: a caller must not be handed what it never saw before. The arguments of tools are written by the
model and read by the application, so they count as outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.prompts import OutputFormat, VariableType
from llmops_cli.registry.diff.output_schemas import SchemaChange, schema_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import OutputContract, Prompt, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceChange:
    """One change at `path` (`variables.email.type`), in words; `breaking` when a caller can fail by it."""

    path: str
    breaking: bool
    message: str


def interface_changes(old: Prompt, new: Prompt) -> tuple[InterfaceChange, ...]:
    """Return what changed between two states of a prompt for those who call it, inputs first."""
    return (*_variable_changes(old, new), *_output_changes(old.output, new.output), *_tool_changes(old, new))


def _change(path: str, message: str, *, breaking: bool) -> InterfaceChange:
    return InterfaceChange(path=path, breaking=breaking, message=message)


def _variable_changes(old: Prompt, new: Prompt) -> Iterator[InterfaceChange]:
    before, after = old.by_name, new.by_name
    for name, variable in before.items():
        path = f"variables.{name}"
        if name not in after:
            yield _change(path, f"variable '{name}' was removed: callers that pass it fail", breaking=True)
        else:
            yield from _one_variable(path, variable, after[name])
    for name, variable in after.items():
        if name not in before:
            kind = "required" if variable.required else "optional"
            message = f"{kind} variable '{name}' was added"
            if variable.required:
                message += ": callers that do not pass it fail"
            yield _change(f"variables.{name}", message, breaking=variable.required)


def _one_variable(path: str, old: Variable, new: Variable) -> Iterator[InterfaceChange]:
    name = old.name
    if old.required != new.required:
        message = f"variable '{name}' became {'required' if new.required else 'optional'}"
        yield _change(path, message, breaking=new.required)
    elif old.has_default and not _same(old.default, new.default):
        yield _change(f"{path}.default", f"the default of variable '{name}' changed", breaking=False)
    if old.type is not new.type:
        widened = (old.type, new.type) == (VariableType.INTEGER, VariableType.NUMBER)
        message = f"variable '{name}' takes {new.type.value} instead of {old.type.value}"
        yield _change(f"{path}.type", message, breaking=not widened)
    yield from _enum_changes(path, old, new)
    yield from _cap_changes(path, old, new)


def _enum_changes(path: str, old: Variable, new: Variable) -> Iterator[InterfaceChange]:
    path = f"{path}.enum"
    if old.enum and not new.enum:
        yield _change(path, f"variable '{old.name}' takes any value now", breaking=False)
    elif new.enum and not old.enum:
        yield _change(path, f"variable '{old.name}' takes only {_listed(new.enum)} now", breaking=True)
    else:
        removed = tuple(value for value in old.enum if not _holds(new.enum, value))
        added = tuple(value for value in new.enum if not _holds(old.enum, value))
        if removed:
            yield _change(path, f"variable '{old.name}' no longer takes {_listed(removed)}", breaking=True)
        if added:
            yield _change(path, f"variable '{old.name}' also takes {_listed(added)}", breaking=False)


def _cap_changes(path: str, old: Variable, new: Variable) -> Iterator[InterfaceChange]:
    if old.max_tokens == new.max_tokens:
        return
    path = f"{path}.max_tokens"
    if new.max_tokens is None:
        yield _change(path, f"variable '{old.name}' is no longer limited to {old.max_tokens} tokens", breaking=False)
    elif old.max_tokens is None:
        yield _change(path, f"variable '{old.name}' is limited to {new.max_tokens} tokens now", breaking=True)
    else:
        lowered = new.max_tokens < old.max_tokens
        message = f"the limit of variable '{old.name}' went from {old.max_tokens} to {new.max_tokens} tokens"
        yield _change(path, message, breaking=lowered)


def _output_changes(old: OutputContract, new: OutputContract) -> Iterator[InterfaceChange]:
    if old.format is not new.format:
        message = f"the answer is {new.format.value} instead of {old.format.value}"
        yield _change("output.format", message, breaking=True)
    elif old.schema is None and new.schema is not None:
        yield _change("output.schema", "the answer follows a schema now", breaking=False)
    elif old.schema is not None and new.schema is None:
        yield _change("output.schema", "the answer is no longer promised to follow a schema", breaking=True)
    elif old.schema is not None and new.schema is not None and new.format is OutputFormat.JSON:
        yield from _from_schema("output", schema_changes(old.schema, new.schema))


def _tool_changes(old: Prompt, new: Prompt) -> Iterator[InterfaceChange]:
    before = {name: schema for name, schema in map(_tool, old.tools) if name}
    after = {name: schema for name, schema in map(_tool, new.tools) if name}
    for name, schema in before.items():
        if name in after:
            yield from _from_schema(f"tools.{name}", schema_changes(schema, after[name]))
        else:
            yield _change(f"tools.{name}", f"tool '{name}' was removed", breaking=False)
    for name in after:
        if name not in before:
            message = f"tool '{name}' was added: the application has to answer its calls"
            yield _change(f"tools.{name}", message, breaking=True)


def _tool(definition: JsonObject) -> tuple[str, JsonObject]:
    """Return name and parameters of a tool, written flat or wrapped in `function` as OpenAI does."""
    inner = definition.get("function", definition)
    if not isinstance(inner, dict):
        return "", {}
    name, parameters = inner.get("name"), inner.get("parameters", inner.get("input_schema"))
    return (name if isinstance(name, str) else ""), (parameters if isinstance(parameters, dict) else {})


def _from_schema(prefix: str, changes: Iterator[SchemaChange]) -> Iterator[InterfaceChange]:
    for path, message, breaking in changes:
        yield _change(".".join((prefix, *path)), message, breaking=breaking)


def _same(left: JsonValue, right: JsonValue) -> bool:
    # 1 == True and 1 == 1.0 in Python; only the second pair is one JSON value
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _holds(values: tuple[JsonValue, ...], value: JsonValue) -> bool:
    return any(_same(candidate, value) for candidate in values)


def _listed(values: tuple[JsonValue, ...]) -> str:
    return ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in values)
