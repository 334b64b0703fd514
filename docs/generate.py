"""Writes docs/reference/ from the code. Run: python docs/generate.py [FOLDER]; a test compares the result."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_cli import cli
from llmops_cli.commands import COMMANDS
from llmops_cli.commands._parts import explanation_of
from llmops_cli.commands.schema import SchemaKind
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.suites import GatePolicy
from llmops_cli.evals.metrics import METRICS
from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.registry.documents.schema_check import schema_text
from llmops_cli.registry.project_file import JudgeSettings, ProviderSettings
from llmops_cli.registry.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from llmops_cli.core.parts import PartTable

DEEPEST = 6
"""Schemas that hold themselves (JSON Schemas of outputs and tools) end here."""

DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "project": {
        "gate": GatePolicy(),
        "providers.<name>": ProviderSettings(name="", protocol=""),
        "judges.<name>": JudgeSettings(model=""),
    },
}
"""By kind of file and section of it: an object with the values that stand where nothing is written."""

BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}

Fields: TypeAlias = "Iterator[tuple[str, bool, str]]"

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
    lines = [
        "# File formats",
        "",
        NOTE,
        "",
        "`llmops schema KIND` prints the JSON Schema that editors use. `[]` are the",
    ]
    lines += ["entries of a list, and `<name>` is a name that you choose."]
    for kind in SchemaKind:
        document = json.loads(schema_text(kind.value))
        lines += ["", f"## {kind.value}", "", document.get("description", ""), ""]
        lines += ["| field | required | meaning |", "| --- | --- | --- |"]
        defaults = DEFAULTS.get(kind.value, {})
        lines += [
            f"| `{place}` | {'yes' if required else ''} | {meaning}{default_of(place, defaults)} |"
            for place, required, meaning in fields_of(document, document, "")
        ]
    return "\n".join(lines) + "\n"


def fields_of(schema: Mapping[str, Any], document: Mapping[str, Any], inside: str, depth: int = 0) -> Fields:
    """Walk everything that may stand in a value of this schema: where it stands, whether it must, what it means."""
    if depth > DEEPEST:
        return
    resolved = resolve(schema, document)
    required = set(resolved.get("required", ()))
    for name, entry in resolved.get("properties", {}).items():
        field = {**resolve(entry, document), **entry}
        yield f"{inside}{name}", name in required, meaning_of(field)
        yield from fields_of(field, document, f"{inside}{name}.", depth + 1)
    for entry in resolved.get("patternProperties", {}).values():
        yield from fields_of(entry, document, f"{inside}<name>.", depth + 1)
    if "items" in resolved:
        yield from fields_of(resolved["items"], document, f"{inside[:-1]}[].", depth + 1)
    for keyword in ("oneOf", "anyOf"):
        for choice in resolved.get(keyword, ()):
            yield from fields_of(choice, document, inside, depth + 1)


def resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference within the document points to, and any other schema as it is."""
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/") if "$ref" in schema else ():
        found = found[step]
    return found if "$ref" in schema else schema


def meaning_of(field: Mapping[str, Any]) -> str:
    """Return the description, with the words that are allowed and the numbers that bound it."""
    meaning = " ".join(str(field.get("description", "")).split())
    # an open list stands beside a pattern for the names of others
    listed = next((option["enum"] for option in (field, *field.get("anyOf", ())) if "enum" in option), ())
    if not all(f"`{word}`" in meaning for word in listed):
        others = "" if "enum" in field else ", or what an installed package adds"
        meaning = f"{meaning} One of {', '.join(f'`{word}`' for word in listed)}{others}."
    bounds = [f"{word} {field[key]:,}" for key, word in BOUNDS.items() if key in field]
    return (f"{meaning} ({', '.join(bounds)})" if bounds else meaning).replace("|", "\\|")


def default_of(place: str, defaults: Mapping[str, object]) -> str:
    """Return what holds where a field is left out, when that is known to the program and not to the schema."""
    section, _, name = place.rpartition(".")
    value = getattr(defaults.get(section), name, None)
    if value is None or value == "":
        return ""
    shown = list(value) if isinstance(value, tuple) else value
    return f" Default: `{json.dumps(shown)}`."


def providers_page() -> str:
    """Return every protocol with its vendor's address and the variable of its key."""
    lines = ["# Provider protocols", "", NOTE, ""]
    lines += ["What `protocol:` of a provider in `llmops.yaml` can be; [how to use them](../guide/models.md). Without"]
    lines += ["`base_url` a provider goes to the address here, with the key in the variable here.", ""]
    lines += ["| protocol | what it is | address | key |", "| --- | --- | --- | --- |"]
    for name in PROVIDERS:
        row = PROVIDERS.row(name)
        module = import_module(row.location.partition(":")[0])
        wire = next((part for part in vars(module).values() if hasattr(part, "default_base_url")), None)
        address = f"`{wire.default_base_url}` | `{wire.default_key_env}`" if wire else " | "
        lines.append(f"| `{name}` | {row.summary} | {address} |")
    return "\n".join(lines) + "\n"


def parts_page(title: str, intro: str, table: PartTable) -> str:
    """Return one section per kind and one entry per part of ours, whatever is installed beside them."""
    lines = [f"# {title}", "", NOTE, "", intro]
    kinds = dict.fromkeys(table.row(name).kind for name in table.own())
    for kind in kinds:
        lines += ["", f"## {kind}"]
        for name in table.own():
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
    "providers.md": providers_page,
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
