"""Rendered messages: as text for reading, as JSON for the exact bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import FAINT, STRONG, hanging, rendered

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Message, Prompt
    from llmops_cli.reports.call_estimate import CallEstimate
    from llmops_cli.reports.page import Page

INDENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """A prompt with values put in."""

    prompt: Prompt
    label: str
    messages: tuple[Message, ...]
    estimate: CallEstimate


def render_json(value: RenderedPrompt) -> str:
    """Return the messages exactly, with the model's settings and the estimate."""
    document = {
        "prompt": value.prompt.identifier,
        "digest": value.prompt.digest(),
        "model": value.prompt.model.as_json(),
        "messages": [{"role": message.role.value, "content": message.content} for message in value.messages],
        "estimate": value.estimate.as_json(),
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def render_text(value: RenderedPrompt, page: Page) -> str:
    """Return the messages one after the other, each line of content pushed in, and the cost as last line."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    head = Text.assemble(
        (safe_text(value.prompt.identifier, one_line=True), STRONG),
        (f"  {safe_text(value.prompt.model.name, one_line=True)}, {safe_text(value.label, one_line=True)}", FAINT),
    )
    parts = [hanging(page, head)]
    for message in value.messages:
        parts.extend((Text(""), Text(message.role.value, style=STRONG)))
        for line in safe_text(message.content.removesuffix("\n")).split("\n"):
            text = Text(" " * INDENT + line.replace("\t", "    "))
            parts.append(hanging(page, text, indent=INDENT))
    parts.append(Text(""))
    parts.append(hanging(page, Text(f"{value.estimate.tokens_in_words()}; {value.estimate.cost_in_words()}")))
    return rendered(page, *parts)
