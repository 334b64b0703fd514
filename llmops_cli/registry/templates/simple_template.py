"""Templates that only put values in: text and `{{ name }}`. Most prompts are such, and are read without Jinja2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from llmops_cli.registry.templates import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonValue

_TAG = re.compile(r"\{\{[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}|\{[{%#]")
_NOT_NAMES = frozenset({"true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "in", "is"})
_RESERVED = _NOT_NAMES | {"self", "loop"}
_KEPT = 256


@dataclass(frozen=True, slots=True)
class SimpleTemplate:
    """The pieces of such a template, in turn: `texts[0]`, `names[0]`, `texts[1]`, … `offsets` say where names stand."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    offsets: tuple[int, ...]

    def filled(self, values: Mapping[str, JsonValue]) -> list[str] | None:
        """Return the pieces with the values in the places of the names.

        None where a value is missing or no text: how another value is written is for Jinja2 to say.
        """
        pieces = [self.texts[0]]
        for name, text in zip(self.names, self.texts[1:], strict=True):
            value = values.get(name)
            if type(value) is not str:
                return None
            pieces += (value, text)
        return pieces


@lru_cache(maxsize=_KEPT)
def simple_template(text: str) -> SimpleTemplate | None:
    """Return the pieces of a template, or None when Jinja2 has to read it."""
    texts: list[str] = []
    names: list[str] = []
    offsets: list[int] = []
    end = 0
    for match in _TAG.finditer(text):
        name = match["name"]
        if name is None or name in _RESERVED or len(names) > limits.NODES // 2:
            return None
        texts.append(text[end : match.start()])
        names.append(name)
        offsets.append(match.start("name"))
        end = match.end()
    return SimpleTemplate((*texts, text[end:]), tuple(names), tuple(offsets))
