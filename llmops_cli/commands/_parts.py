"""Listing and explaining a table of parts, the same way for rules and metrics."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmops_cli.commands._parameters import TextOrJson
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.commands._console import Console
    from llmops_cli.core.parts import Part, PartTable


def list_parts(console: Console, table: PartTable, output_format: TextOrJson, next_step: str) -> ExitCode:
    """Print every part with its kind and summary."""
    from llmops_cli.reports.parts_text import parts_text  # noqa: PLC0415 - only when the command runs

    rows = [(name, table.row(name)) for name in table]
    if output_format is TextOrJson.JSON:
        listed = [{"name": name, "kind": part.kind, "summary": part.summary} for name, part in rows]
        console.payload(json.dumps(listed, indent=2))
    else:
        console.payload(parts_text(rows, console.report_page))
        for sentence in table.refused().values():
            console.note(f"\nNot usable: {sentence}")
        console.note(f"\n{next_step}")
    return ExitCode.PASS


def show_part(console: Console, table: PartTable, name: str, output_format: TextOrJson) -> ExitCode:
    """Print the whole explanation of one part."""
    from llmops_cli.reports.parts_text import part_text  # noqa: PLC0415 - only when the command runs

    row = table.row(name)
    part = table.resolve(name)
    explanation = explanation_of(name, part, row)
    parameters = getattr(part, "parameters", None)
    if output_format is TextOrJson.JSON:
        document = {"name": name, "kind": row.kind, "summary": row.summary, "explanation": explanation}
        console.payload(json.dumps(document | ({"parameters": parameters} if parameters else {}), indent=2))
    else:
        console.payload(part_text(name, row, explanation, parameters, console.report_page))
    return ExitCode.PASS


def explanation_of(name: str, part: object, row: Part) -> str:
    """Return the docstring that explains most: the part's own, or its file's; for rules of reading, their page."""
    if isinstance(part, Mapping):
        from llmops_cli.registry.documents.reading_pages import READING_PAGES  # noqa: PLC0415 - only for these rules

        return f"{row.summary}\n\n{READING_PAGES.get(name, '')}".rstrip()
    module = sys.modules.get(row.location.partition(":")[0])
    texts = [inspect.cleandoc(text) for text in (getattr(part, "__doc__", None), module and module.__doc__) if text]
    return max(texts, key=len, default="")
