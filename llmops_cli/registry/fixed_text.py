"""The part of a prompt that every call sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.core.prompts import Engine

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"\{\{.*?\}\}|\{#.*?#\}|\{%.*?%\}", re.DOTALL)


def fixed_text(prompt: Prompt) -> tuple[str, bool]:
    """Return the text of all messages without placeholders, and whether every call sends all of it."""
    text = "\n".join(template.resolved for template in prompt.messages)
    if prompt.engine is Engine.PLAIN:
        return _PLACEHOLDER.sub("", text), True
    return _TAG.sub("", text), "{%" not in text
