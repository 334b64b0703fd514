"""Writes docs/reference/ from the code. Run: python docs/generate.py [FOLDER]; a test compares the result."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli import cli
from llmops_cli.commands import COMMANDS
from llmops_cli.commands._parts import explanation_of
from llmops_cli.commands.schema import SchemaKind
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.evals.metrics import METRICS
from llmops_cli.registry.documents.schema_check import schema_text
from llmops_cli.registry.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.parts import PartTable

NOTE = "<!-- written by docs/generate.py from the code; do not edit -->"


def commands_page() -> str:
    """Return every command's help, in the order of the table."""
    lines = ["# Commands", "", NOTE, "", "Exit codes are explained in [exit-codes.md](exit-codes.md).", ""]
    lines += ["```text", help_of(), "```"]
    section = ""
    for entry in COMMANDS:
        if entry.section != section:
            section = entry.section
            lines += ["", f"## {section}"]
        lines += ["", f"### llmops {entry.name}", "", "```text", help_of(*entry.name.split()), "```"]
    return "\n".join(lines) + "\n"


def exit_codes_page() -> str:
    """Return the table of exit codes."""
    lines = ["# Exit codes", "", NOTE, "", "A public contract: one meaning each, never reused.", ""]
    lines += ["| code | meaning |", "| ---: | --- |"]
    lines += [f"| {code.value} | {code.meaning} |" for code in ExitCode]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Return every rule with what it catches and its examples."""
    intro = "What the rule names in findings mean. `llmops rules show RULE` prints the same."
    return parts_page("Rules", intro, RULES)


def metrics_page() -> str:
    """Return every metric with its parameters and examples."""
    intro = "What a suite can measure. Every metric also takes `not`, `required`, `weight` and `name`."
    return parts_page("Metrics", intro, METRICS)


def schemas_page() -> str:
    """Return the fields of every kind of file, from the JSON Schemas."""
    lines = ["# File formats", "", NOTE, "", "`llmops schema KIND` prints the JSON Schema that editors use."]
    for kind in SchemaKind:
        document = json.loads(schema_text(kind.value))
        lines += ["", f"## {kind.value}", "", document.get("description", ""), ""]
        lines += ["| field | required | meaning |", "| --- | --- | --- |"]
        required = set(document.get("required", ()))
        for name, field in document.get("properties", {}).items():
            meaning = " ".join(str(field.get("description", "")).split()).replace("|", "\\|")
            lines.append(f"| `{name}` | {'yes' if name in required else ''} | {meaning} |")
    return "\n".join(lines) + "\n"


def parts_page(title: str, intro: str, table: PartTable) -> str:
    """Return one section per kind and one entry per part."""
    lines = [f"# {title}", "", NOTE, "", intro]
    kinds = dict.fromkeys(table.row(name).kind for name in table)
    for kind in kinds:
        lines += ["", f"## {kind}"]
        for name in table:
            row = table.row(name)
            if row.kind == kind:
                part = table.resolve(name)
                lines += ["", f"### {name}", "", explanation_of(name, part, row) or row.summary]
                lines += parameters_of(part)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def parameters_of(part: object) -> list[str]:
    """Return the parameters of a metric as a table."""
    properties = getattr(part, "parameters", {}).get("properties", {})
    if not properties:
        return []
    lines = ["", "| parameter | meaning |", "| --- | --- |"]
    for name, schema in properties.items():
        meaning = " ".join(str(schema.get("description", "")).split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {meaning} |")
    return lines


def help_of(*words: str) -> str:
    """Return the help of a command, 80 columns wide."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        cli.main([*words, "--help"])
    return shown.getvalue().rstrip()


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "rules.md": rules_page,
    "metrics.md": metrics_page,
    "schemas.md": schemas_page,
}


def main(arguments: list[str]) -> int:
    """Write all pages into a folder; an option that is none is refused, not taken for a folder."""
    parser = argparse.ArgumentParser(description="Write the reference pages.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "reference")
    folder = parser.parse_args(arguments).folder
    os.environ["COLUMNS"] = "80"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
