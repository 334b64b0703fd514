"""Partials: texts that several prompts include, one `prompts/_partials/<id>.md` each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Position
from llmops_cli.core.prompts import Engine
from llmops_cli.registry.documents.file_findings import FileFindings, quoted
from llmops_cli.registry.documents.identifiers import why_not_an_id
from llmops_cli.registry.documents.source_text import check_line_breaks, read_source
from llmops_cli.registry.documents.text_policy import scan_text
from llmops_cli.registry.templates.subset import PARTIAL_ID
from llmops_cli.registry.templates.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.registry.tree import FileTree


def read_partial(tree: FileTree, path: str) -> str | None:
    """Return the text of a partial, or None when it cannot be read; a prompt that includes it then says so."""
    try:
        source = read_source(tree.read(path), FileFindings(path))
    except FileNotFoundError:
        return None
    return source.text.replace("\r\n", "\n") if source else None


def check_partial(data: bytes, path: str, partials: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what is wrong with a partial on its own, in a repository that has these partials."""
    findings = FileFindings(path)
    name = path.rpartition("/_partials/")[2].removesuffix(".md")
    if not PARTIAL_ID.fullmatch(name):
        reason = why_not_an_id(name)
        findings.add("invalid-id", f"the name {quoted(name)} {reason}, so no prompt can include it.", Position())
    source = read_source(data, findings)
    if source is None:
        return findings.all()
    check_line_breaks(source, findings)
    for found in scan_text(source.text.replace("\r\n", " \n")):
        findings.add(found.rule, found.message, source.position(found.offset))
    # the engine is that of prompts that include: only Jinja2 prompts do
    template = parse_template(source.text, engine=Engine.JINJA2, partials=partials)
    for problem in template.problems:
        position = Position(problem.line, problem.column)
        findings.add(problem.rule, problem.message, position, hint=problem.hint, severity=problem.severity)
    return findings.all()
