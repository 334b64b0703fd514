"""Tables of interchangeable parts (rules, metrics), and the page of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import FAINT, STRONG, hanging, rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.parts import Part
    from llmops_cli.reports.page import Page

GAP = 2


def parts_text(rows: Iterable[tuple[str, Part]], page: Page) -> str:
    """Return name and summary of every part, under a heading per kind."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    by_kind: dict[str, list[tuple[str, str]]] = {}
    for name, part in rows:
        by_kind.setdefault(part.kind, []).append((name, part.summary))
    longest = max((len(name) for listed in by_kind.values() for name, _ in listed), default=0) + GAP
    lines: list[Text] = []
    for kind, listed in by_kind.items():
        lines.append(Text(("\n" if lines else "") + kind, style=STRONG))
        for name, summary in listed:
            line = Text(safe_text(f"{name:<{longest}}{summary}", one_line=True))
            lines.append(hanging(page, line, indent=longest))
    return rendered(page, *lines)


def part_text(name: str, part: Part, explanation: str, parameters: JsonObject | None, page: Page) -> str:
    """Return one part's page: kind, summary, its whole docstring with the examples, and its parameters."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    lines = [Text.assemble((safe_text(name, one_line=True), STRONG), (f"  {part.kind}", FAINT)), Text("")]
    lines.extend(hanging(page, Text(line), indent=0) for line in _reflowed(safe_text(explanation or part.summary)))
    properties = cast("Mapping[str, Mapping[str, JsonValue]]", (parameters or {}).get("properties", {}))
    if properties:
        lines.extend((Text(""), Text("Parameters", style=STRONG)))
        longest = max(len(key) for key in properties) + GAP
        for key, value in properties.items():
            text = f"{key:<{longest}}{value.get('description') or value.get('type') or ''}"
            lines.append(hanging(page, Text(safe_text(text, one_line=True)), indent=longest))
    return rendered(page, *lines)


def plugins_text(rows: Iterable[tuple[str, ...]], page: Page) -> str:
    """Return a line per part of another package: what it is, its name, its package, and whether it works."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    cells = [[safe_text(cell, one_line=True) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) + GAP for column in range(3)]
    lines: list[Text] = []
    for *columns, state in cells:
        head = "".join(cell.ljust(width) for cell, width in zip(columns, widths, strict=True))
        lines.append(hanging(page, Text(head + state), indent=len(head)))
    return rendered(page, *lines)


def _reflowed(text: str) -> list[str]:
    """Return the lines of a docstring with every paragraph joined to one; examples stay as they are."""
    lines: list[str] = []
    fenced = joining = False
    for line in text.split("\n"):
        fenced ^= line.startswith("```")
        is_prose = bool(line) and not fenced and not line.startswith((" ", "```", "-", "*", "|"))
        if is_prose and joining:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        joining = is_prose and not line.endswith(":")
    return lines
