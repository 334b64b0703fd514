"""Templates: what they use, whether they are sound, and their rendering to the exact text a model receives."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from llmops_cli.core.prompts import Engine, Message
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.templates import limits
from llmops_cli.registry.templates.parsed_template import ParsedTemplate, RenderError, TemplateProblem
from llmops_cli.registry.templates.simple_template import simple_template
from llmops_cli.registry.templates.template_source import position_at
from llmops_cli.registry.templates.variable_values import value_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.prompts import Prompt

__all__ = ["ParsedTemplate", "RenderError", "TemplateProblem", "parse_template", "render_messages"]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def parse_template(source: str, *, engine: Engine, partials: Mapping[str, str]) -> ParsedTemplate:
    """Read one template; whatever is wrong with it comes back as problems.

    The `plain` engine replaces `{{ name }}` and leaves everything else, includes too, as text.
    """
    text = source.replace("\r\n", "\n")
    if len(text) > limits.SOURCE_BYTES or len(text.encode("utf-8", "surrogatepass")) > limits.SOURCE_BYTES:
        problem = TemplateProblem(
            line=1,
            column=1,
            rule="template-limit",
            message=f"The template is larger than {limits.SOURCE_BYTES // 1024} KiB.",
            hint="Pass long texts as variables.",
        )
        return ParsedTemplate(source=text, resolved=text, problems=(problem,))
    if engine is Engine.PLAIN:
        return _with_names(text, {match[1]: match.start(1) for match in reversed(list(_PLACEHOLDER.finditer(text)))})
    simple = simple_template(text)
    if simple is not None:
        return _with_names(text, dict(reversed(list(zip(simple.names, simple.offsets, strict=True)))))
    from llmops_cli.registry.templates.parsing import parse_jinja  # noqa: PLC0415 - loads Jinja2, 53 ms

    return parse_jinja(text, partials)


def render_messages(
    prompt: Prompt,
    variables: Mapping[str, JsonValue],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Message, ...]:
    """Return the messages with the values put in; a default fills what is not given.

    Values are data: what looks like a template inside a value stays as it is, and nothing is escaped.
    `clock` gives seconds and only bounds the time.

    Raises:
        RenderError: for an unknown or missing variable, a value of the wrong type or outside the enum,
            an undefined name, and when a limit of time or size is reached.
    """
    from llmops_cli.registry.templates.rendering import render_text  # noqa: PLC0415 - loads Jinja2 where it is needed

    values = _checked_values(prompt, variables)
    return tuple(
        Message(
            role=template.role,
            content=render_text(template.resolved, values, engine=prompt.engine, where=prompt.path, clock=clock),
        )
        for template in prompt.messages
    )


def _checked_values(prompt: Prompt, variables: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    declared = prompt.by_name
    for name in variables:
        if name not in declared:
            message = f"prompt '{prompt.id}' has no variable '{shortened(safe_text(name, one_line=True), 60)}'."
            hint = did_you_mean(name, declared) or (f"It has: {', '.join(declared)}." if declared else "It has none.")
            raise RenderError(message, where=prompt.path, hint=hint)
    values: dict[str, JsonValue] = {}
    for name, variable in declared.items():
        if name not in variables and variable.required:
            message = f"variable '{name}' of prompt '{prompt.id}' has no value and no default."
            raise RenderError(message, where=prompt.path, hint=f"Give it: --var {name}=…")
        values[name] = variables.get(name, variable.default)
        problem = value_problem(variable, values[name]) if name in variables else None
        if problem:
            message = f"variable '{name}' {problem}"
            raise RenderError(message, where=prompt.path)
    return values


def _with_names(text: str, names: Mapping[str, int]) -> ParsedTemplate:
    positions = {name: position_at(text, offset) for name, offset in names.items()}
    return ParsedTemplate(source=text, resolved=text, variable_positions=positions)
