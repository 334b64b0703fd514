"""A template as read, what is wrong with one, and the error of rendering: the values that the steps hand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.core.findings import Position, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


class RenderError(InvalidFileError):
    """A prompt cannot be rendered with these values: the message names the variable or the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    """One problem of one template; line and column count within the template, from 1."""

    line: int
    column: int
    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTemplate:
    """One template as read.

    `resolved` is the text with partials put in. `variables` are the names that a caller has to give,
    with the first place of each in `variable_positions`; a name used only inside a partial has the place
    of the include. `loop_names` are the names that `for` binds. `partials` are those included, directly
    or through another.
    """

    source: str
    resolved: str
    variable_positions: Mapping[str, Position] = field(default_factory=dict[str, Position])
    loop_names: Mapping[str, Position] = field(default_factory=dict[str, Position])
    partials: frozenset[str] = frozenset()
    problems: tuple[TemplateProblem, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """The names that a caller has to give."""
        return frozenset(self.variable_positions)
