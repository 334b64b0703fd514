"""What libyaml's complaints mean for the author of a file, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.yaml_builder import MAX_DEPTH

if TYPE_CHECKING:
    from yaml import YAMLError

_QUOTE = "Put the value in quotes, or below the key as a block with `|`."

# part of libyaml's or PyYAML's problem → message, hint
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "A second ': ' on this line starts a mapping where none can be.", _QUOTE),
    (
        "could not find expected ':'",
        "A key without ':' after it.",
        "Write `key: value`, or indent the line if it belongs to the text above.",
    ),
    ("cannot start any token", "This character cannot start a value.", _QUOTE),
    ("unexpected end of stream", "A quoted text is not closed.", "Add the closing quote."),
    (
        "unknown escape character",
        "Unknown escape in a double-quoted text.",
        "Double the backslash, or use single quotes.",
    ),
    ("invalid Unicode character escape", "An escape that names no character.", "Write a code point that exists."),
    ("did not find expected hexdecimal number", "An escape without its hexadecimal digits.", "Double the backslash."),
    ("expected escape sequence of", "An escape without its hexadecimal digits.", "Double the backslash."),
    (
        "did not find expected '-' indicator",
        "A list item has to start with '- ' here.",
        "Align it with the items above.",
    ),
    (
        "expected <block end>",
        "This line does not fit the indentation of the lines above.",
        "Align it with its siblings.",
    ),
    (
        "did not find expected key",
        "A key was expected here: the indentation or a quote is off.",
        "Compare with the line above.",
    ),
    ("',' or '}'", "A `{…}` is not closed, or a comma is missing in it.", "Add `}` or `,`."),
    ("',' or ']'", "A `[…]` is not closed, or a comma is missing in it.", "Add `]` or `,`."),
    ("node content", "A value is missing here, or a bracket is not closed.", "Write the value, or close the bracket."),
    (
        "block sequence entries are not allowed",
        "A list cannot start on the line of its key.",
        "Start it on the next line.",
    ),
    ("block mapping", "The mapping cannot go on here.", "Compare the indentation with the lines above."),
)
_RULES = (
    # libyaml has a limit of its own since 0.2.6, and looks ahead: it stops before the builder does
    ("maximum nesting depth", "too-deep"),
    ("incompatible YAML document", "directive"),
    ("unknown directive", "directive"),
    ("directive", "directive"),
    ("undefined tag handle", "tag"),
    ("while scanning a tag", "tag"),
    ("while parsing a tag", "tag"),
    ("anchor", "anchor"),
    ("alias", "anchor"),
)


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A complaint of the parser as the parts of a finding."""

    rule: str
    message: str
    hint: str
    position: Position


def explain_yaml_error(error: YAMLError, text: str) -> YamlProblem:
    """Say in the author's words what the parser stumbled over."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "the text is not YAML")
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = _inside(text, Position(mark.line + 1, mark.column + 1)) if mark else Position()
    if _tab_indents(text, position) and "token" in problem:
        message = "A tab is used for indentation, which YAML does not allow."
        return YamlProblem("tab-indentation", message, "Indent with spaces.", position)
    for part, rule in _RULES:
        if part in problem or part in context:
            return YamlProblem(rule, _REFUSED[rule], _REMEDIES[rule], position)
    for part, message, hint in _MEANINGS:
        if part in problem:
            return YamlProblem("yaml-syntax", _with_start(message, error, position), hint, position)
    return YamlProblem("yaml-syntax", f"The file is not YAML here: {problem}.", "", position)


_REFUSED = {
    "too-deep": f"Values are nested deeper than {MAX_DEPTH} levels here.",
    "directive": "YAML directives (%…) are not allowed.",
    "tag": "YAML tags (!…) are not allowed.",
    "anchor": "YAML anchors and aliases are not allowed.",
}
_REMEDIES = {
    "too-deep": "Flatten the structure.",
    "directive": "Delete the line.",
    "tag": "Delete the tag, or quote the text if it starts with an exclamation mark.",
    "anchor": "Write the value out, or quote the text if it starts with '&' or '*'.",
}


def _with_start(message: str, error: YAMLError, position: Position) -> str:
    """Name the line on which the unfinished thing starts, where it is another one."""
    start = getattr(error, "context_mark", None)
    if start is None or start.line + 1 >= position.line:
        return message
    return f"{message} What is being read starts on line {start.line + 1}."


def _inside(text: str, position: Position) -> Position:
    """Keep a place inside the file: libyaml counts a line after the last one, even where no line feed ends it."""
    last = text.count("\n") + 1
    return position if position.line <= last else Position(last, len(text) - text.rfind("\n"))


def _tab_indents(text: str, position: Position) -> bool:
    lines = text.split("\n")
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    return "\t" in line[: len(line) - len(line.lstrip(" \t"))]
