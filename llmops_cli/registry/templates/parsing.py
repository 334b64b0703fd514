"""A Jinja2 template and its partials → one text without includes, the names it uses, and its problems."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Severity
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.templates import limits
from llmops_cli.registry.templates.joining import Include, join_pieces, split_pieces
from llmops_cli.registry.templates.parsed_template import ParsedTemplate, TemplateProblem
from llmops_cli.registry.templates.subset import IncludeSite, Survey, survey
from llmops_cli.registry.templates.template_source import SourceProblem, SourceRefusedError, parse_source, position_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmops_cli.core.findings import Position

_CACHED_PARTIALS = 64

MOST_PROBLEMS = 20
"""Of one template; the rest is their number, since placing each means to walk the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Analysis:
    """One text on its own, before any partial is looked up."""

    survey: Survey
    pieces: tuple[str | Include, ...]
    problems: tuple[SourceProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """A text with its partials put in; `problem` is the first that stands in the way."""

    text: str = ""
    names: frozenset[str] = frozenset()
    partials: frozenset[str] = frozenset()
    node_count: int = 0
    blocks: int = 0
    loops: int = 0
    problem: SourceProblem | None = None


def parse_jinja(text: str, partials: Mapping[str, str]) -> ParsedTemplate:
    """Read a template whose line ends are LF and whose size is within the limit."""
    analysis = _analyse(text, is_partial=False)
    resolver = _Resolver(partials)
    problems = list(analysis.problems)
    included: dict[IncludeSite, _Resolved] = {}
    for site in analysis.survey.includes:
        included[site] = resolver.partial(site.partial, ())
        problem = included[site].problem or _too_deep(site, included[site])
        if problem:
            problems.append(SourceProblem(site.offset, problem.rule, problem.message, problem.hint))
    whole = resolver.put_in(analysis, included.values(), ())
    if whole.problem and not problems:
        problems.append(whole.problem)
    return ParsedTemplate(
        source=text,
        resolved=whole.text if analysis.survey.includes and not problems else text,
        variable_positions=_name_positions(text, analysis.survey, included),
        loop_names={name: position_at(text, offset) for name, offset in analysis.survey.loop_names.items()},
        partials=whole.partials,
        problems=_listed(text, problems),
    )


class _Resolver:
    """Puts partials in, each resolved once per template."""

    def __init__(self, partials: Mapping[str, str]) -> None:
        self._partials = partials
        self._done: dict[str, _Resolved] = {}

    def partial(self, name: str, trail: tuple[str, ...]) -> _Resolved:
        """Return the partial called `name`, reached through those of `trail`."""
        if name in self._done:
            return self._done[name]
        problem = self._obstacle(name, trail)
        if problem:
            return _Resolved(problem=problem, partials=frozenset({name} & set(self._partials)))
        analysis = _analyse(_without_last_line_end(self._partials[name]), is_partial=True)
        inner = [self.partial(site.partial, (*trail, name)) for site in analysis.survey.includes]
        first = next(iter(analysis.problems), None)
        if first:
            line = position_at(self._partials[name], first.offset).line
            message = f"partial '{name}' is broken in its line {line}: {first.message}"
            resolved = _Resolved(problem=SourceProblem(0, first.rule, message, first.hint), partials=frozenset({name}))
        else:
            resolved = self.put_in(analysis, inner, (name,))
        self._done[name] = resolved
        return resolved

    def put_in(self, analysis: _Analysis, inner: Iterable[_Resolved], own: tuple[str, ...]) -> _Resolved:
        """Return the text of `analysis` with its includes replaced."""
        found = analysis.survey
        inner = tuple(inner)
        by_name = {site.partial: resolved for site, resolved in zip(found.includes, inner, strict=True)}
        problem = next((resolved.problem for resolved in inner if resolved.problem), None)
        nodes = found.node_count + sum(resolved.node_count for resolved in inner)
        size = sum(len(piece) for piece in analysis.pieces if isinstance(piece, str))
        size += sum(len(resolved.text) for resolved in inner)
        if nodes > limits.NODES or size > limits.SOURCE_BYTES:
            message = "The template with its partials is too large."
            problem = problem or SourceProblem(0, "template-limit", message, "Include fewer or shorter partials.")
        pieces = (by_name[p.partial].text if isinstance(p, Include) else p for p in analysis.pieces)
        sites = tuple(zip(found.includes, inner, strict=True))
        return _Resolved(
            text="" if problem else join_pieces(pieces),
            names=frozenset(found.names).union(*(resolved.names - site.bound for site, resolved in sites)),
            partials=frozenset(own).union(*(resolved.partials for resolved in inner)),
            node_count=nodes,
            blocks=max([found.blocks, *(site.blocks + resolved.blocks for site, resolved in sites)]),
            loops=max([found.loops, *(site.loops + resolved.loops for site, resolved in sites)]),
            problem=problem,
        )

    def _obstacle(self, name: str, trail: tuple[str, ...]) -> SourceProblem | None:
        if name in trail:
            cycle = " -> ".join((*trail[trail.index(name) :], name))
            return SourceProblem(0, "partial-cycle", f"partials include each other: {cycle}.", "Break the cycle.")
        if name not in self._partials:
            by = f" (included by partial '{trail[-1]}')" if trail else ""
            shown = shortened(safe_text(name, one_line=True), 100)
            hint = did_you_mean(name, self._partials) or f"Write it: prompts/_partials/{shown}.md"
            return SourceProblem(0, "partial-missing", f"there is no partial '{shown}'{by}.", hint)
        if len(trail) >= limits.NESTING:
            message = f"partials include each other more than {limits.NESTING} levels deep."
            return SourceProblem(0, "template-limit", message, "Include fewer levels.")
        if len(self._partials[name]) > limits.SOURCE_BYTES:
            message = f"partial '{name}' is larger than {limits.SOURCE_BYTES // 1024} KiB."
            return SourceProblem(0, "template-limit", message, "Pass long texts as variables.")
        return None


def _analyse(text: str, *, is_partial: bool) -> _Analysis:
    return _analyse_partial(text) if is_partial else _analyse_text(text, is_partial=False)


@lru_cache(maxsize=_CACHED_PARTIALS)
def _analyse_partial(text: str) -> _Analysis:
    return _analyse_text(text, is_partial=True)


def _analyse_text(text: str, *, is_partial: bool) -> _Analysis:
    try:
        tree, tokens = parse_source(text)
    except SourceRefusedError as error:
        return _Analysis(survey=Survey(), pieces=(), problems=(error.problem,))
    found = survey(tree)
    # a text that is included loses its white space control, which would reach into the text around it
    pieces = split_pieces(tokens) if found.includes or is_partial else ()
    return _Analysis(survey=found, pieces=pieces, problems=tuple(found.problems))


def _too_deep(site: IncludeSite, resolved: _Resolved) -> SourceProblem | None:
    if site.blocks + resolved.blocks > limits.NESTING or site.loops + resolved.loops > limits.LOOP_NESTING:
        return SourceProblem(site.offset, "template-limit", "Blocks are nested too deep with this partial.", "")
    return None


def _name_positions(text: str, found: Survey, included: Mapping[IncludeSite, _Resolved]) -> dict[str, Position]:
    offsets = dict(found.names)
    for site, resolved in included.items():
        for name in resolved.names - site.bound:
            offsets[name] = min(offsets.get(name, site.offset), site.offset)
    return {name: position_at(text, offset) for name, offset in sorted(offsets.items(), key=lambda item: item[::-1])}


def _listed(text: str, problems: Sequence[SourceProblem]) -> tuple[TemplateProblem, ...]:
    """Return the problems with their places; of very many, the first ones and their number."""
    listed = [_placed(text, problem) for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        last = listed[-1]
        message = f"{len(problems) - MOST_PROBLEMS} more problems of this template are not listed."
        listed.append(replace(last, message=message, hint="", severity=Severity.NOTE))
    return tuple(listed)


def _placed(text: str, problem: SourceProblem) -> TemplateProblem:
    place = position_at(text, problem.offset)
    return TemplateProblem(
        line=place.line,
        column=place.column,
        rule=problem.rule,
        message=problem.message,
        hint=problem.hint,
    )


def _without_last_line_end(text: str) -> str:
    """A text file ends with a line end that is not part of what it says; Jinja2 reads templates the same way."""
    return text.replace("\r\n", "\n").removesuffix("\n")
