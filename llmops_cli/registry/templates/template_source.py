"""Template text → Jinja2 tokens and syntax tree, every piece with its offset, under limits that hold before parsing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from llmops_cli.core.findings import Position
from llmops_cli.registry.templates import limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Environment, nodes

_FOREIGN = (
    # the repeats are bounded: a text of opening braces only must not make the search quadratic
    (re.compile(r"\{\{\s{0,20}[#/^>!&][^}]{0,60}\}{0,2}"), "Handlebars or Mustache"),
    (re.compile(r"\{\{\{[^}]{0,60}\}{0,3}"), "Handlebars or Mustache"),
    (re.compile(r"\{\{\s{0,20}else\b[^}]{0,60}\}\}"), "Handlebars"),
    (re.compile(r"\$\{#[^}]{0,60}\}?"), "shell"),
    (re.compile(r"\{\{-?\s{0,20}[.$][^}]{0,60}\}\}"), "Go template"),
    (re.compile(r"\{%\s{0,20}(?:assign|capture|unless|render|case)\b[^%]{0,60}(?:%\})?"), "Liquid"),
)
"""What other template languages write, by how it looks; consulted only after Jinja2 has refused the text."""

_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_SEPARATING = frozenset(",:")
_LINKING_NAMES = frozenset({"not", "and", "or", "if", "else", "is", "in"})
_BLOCKS = frozenset({"if", "for", "macro", "call", "filter", "with", "block", "autoescape"})


class LexedPiece(NamedTuple):
    """One token: where it starts, what Jinja2 calls it, and its text."""

    offset: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Why a text is not a template: the place as an offset, and what to do."""

    offset: int
    rule: str
    message: str
    hint: str = ""


class SourceRefusedError(Exception):
    """Carries the one problem at which reading stopped."""

    def __init__(self, problem: SourceProblem) -> None:
        """Keep the problem."""
        super().__init__(problem.message)
        self.problem = problem


def parse_source(source: str) -> tuple[nodes.Template, Sequence[LexedPiece]]:
    """Return the syntax tree, whose `lineno` are offsets into `source`, and the tokens it was made from.

    Raises:
        SourceRefusedError: for a syntax error or a limit; never RecursionError.
    """
    from jinja2 import TemplateSyntaxError

    pieces: list[LexedPiece] = []
    environment = _environment()
    try:
        # what was read before an error tells where it is
        pieces.extend(lex(source))
        _check_limits(pieces)
        return _parse(environment, pieces), pieces
    except TemplateSyntaxError as error:
        # the lexer counts lines; the parser was given offsets in their place
        end = pieces[-1].offset + len(pieces[-1].text) if pieces else 0
        offset = error.lineno if getattr(error, "filename", None) == _PARSING else end
        problem = _explained(source, offset, error.message or "syntax error")
        raise SourceRefusedError(problem) from error
    except (ValueError, RuntimeError) as error:
        # numbers of more than 4,300 digits; texts that the lexer gives up on
        offset = pieces[-1].offset if pieces else 0
        raise SourceRefusedError(_explained(source, offset, str(error))) from error


def lex(source: str) -> Iterator[LexedPiece]:
    """Walk the tokens; text that `{%-` strips is already gone, and `-%}` holds what it strips."""
    text = source.replace("\r", "\n")
    offset = 0
    for _, kind, piece in _environment().lexer.tokeniter(text, None):
        # the lexer drops white space before `{%-` without a token of its own
        while not text.startswith(piece, offset):
            offset += 1
        yield LexedPiece(offset, kind, piece)
        offset += len(piece)


def position_at(source: str, offset: int) -> Position:
    """Return line and column of an offset."""
    before = source[:offset]
    return Position(line=before.count("\n") + 1, column=offset - (before.rfind("\n") + 1) + 1)


_PARSING = "offsets"


@cache
def _environment() -> Environment:
    from jinja2 import Environment

    return Environment(autoescape=False, keep_trailing_newline=True, cache_size=0)  # noqa: S701 - prompts are not HTML


def _parse(environment: Environment, pieces: Sequence[LexedPiece]) -> nodes.Template:
    from jinja2.lexer import TokenStream
    from jinja2.parser import Parser

    parser = Parser(environment, "", None, _PARSING)
    parser.stream = TokenStream(environment.lexer.wrap(pieces, None, _PARSING), None, _PARSING)
    return parser.parse()


def _check_limits(pieces: Sequence[LexedPiece]) -> None:
    """Refuse what would make the parser recurse too deep or run too long."""
    depths = _Depths()
    for index, piece in enumerate(pieces):
        if piece.kind in {"variable_begin", "block_begin"}:
            depths.enter_tag(piece, pieces[index + 1 : index + 3])
        elif piece.kind == "operator":
            depths.operator(piece)
        elif piece.kind == "name":
            depths.links += piece.text in _LINKING_NAMES
        if depths.links > limits.LINKS:
            _refuse(piece.offset, f"more than {limits.LINKS} operators in one tag.", "Compute the value before.")


class _Depths:
    """How deep the place that is being read lies."""

    def __init__(self) -> None:
        self.tags = 0
        self.links = 0
        self.brackets = 0
        self.blocks: list[str] = []

    def enter_tag(self, piece: LexedPiece, following: Sequence[LexedPiece]) -> None:
        self.tags += 1
        self.links = self.brackets = 0
        name = next((token.text for token in following if token.kind == "name"), "")
        if piece.kind == "block_begin" and name in _BLOCKS:
            self.blocks.append(name)
        elif piece.kind == "block_begin" and name.startswith("end") and self.blocks:
            self.blocks.pop()
        if self.tags > limits.NODES:
            _refuse(piece.offset, f"more than {limits.NODES:,} expressions.", "Split the text into several prompts.")
        if len(self.blocks) > limits.NESTING:
            _refuse(piece.offset, f"blocks are nested deeper than {limits.NESTING}.")
        if self.blocks.count("for") > limits.LOOP_NESTING:
            _refuse(piece.offset, f"loops are nested deeper than {limits.LOOP_NESTING}.")

    def operator(self, piece: LexedPiece) -> None:
        if piece.text in _OPENING:
            self.brackets += 1
        elif piece.text in _CLOSING:
            self.brackets -= 1
        elif piece.text not in _SEPARATING:
            self.links += 1
        if self.brackets > limits.NESTING:
            _refuse(piece.offset, f"brackets are nested deeper than {limits.NESTING}.")


def _refuse(offset: int, message: str, hint: str = "Make it simpler.") -> None:
    raise SourceRefusedError(SourceProblem(offset, "template-limit", f"The template is too complex: {message}", hint))


def _explained(source: str, offset: int, reason: str) -> SourceProblem:
    """Say in whose language the text is written when it is not Jinja2."""
    for pattern, language in _FOREIGN:
        match = pattern.search(source)
        if match:
            return SourceProblem(
                match.start(),
                "template-syntax",
                f"'{match.group()[:60]}' is {language} syntax, not Jinja2.",
                "Write {% if … %} or {% for … %}; or set `engine: plain`, where only {{ name }} is replaced.",
            )
    return SourceProblem(
        min(offset, max(len(source) - 1, 0)),
        "template-syntax",
        f"template syntax error: {reason.strip().rstrip('.')}.",
        "If the text is meant literally, set `engine: plain`, where only {{ name }} is replaced.",
    )
