"""Writes the tables of docs/guide/github-action.md from action.yml. Run: python docs/action_tables.py [PAGE]."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

from llmops_cli.ci.github.outputs import OUTPUTS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/guide/github-action.md"


def inputs_table(action: dict[str, dict[str, dict[str, str]]]) -> str:
    """Return one row per input with its default."""
    rows = ["| input | default | meaning |", "| --- | --- | --- |"]
    for name, field in action["inputs"].items():
        default = f"`{field['default']}`" if field["default"] else ""
        rows.append(f"| `{name}` | {default} | {field['description']} |")
    return "\n".join(rows)


def outputs_table(action: dict[str, dict[str, dict[str, str]]]) -> str:
    """Return one row per output with what it can be."""
    rows = ["| output | meaning | form |", "| --- | --- | --- |"]
    for name, field in action["outputs"].items():
        _, form = OUTPUTS[name]
        words = form.replace("|", "`, `") if re.fullmatch(r"[a-z_|]+", form) else ""
        rows.append(f"| `{name}` | {field['description']} | {f'`{words}`' if words else ''} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """Return the page with its two tables made anew."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    for name, table in (("inputs", inputs_table(action)), ("outputs", outputs_table(action))):
        start, end = f"<!-- {name}: written by docs/action_tables.py -->", f"<!-- /{name} -->"
        before, _, rest = page.partition(start)
        _, _, after = rest.partition(end)
        page = f"{before}{start}\n{table}\n{end}{after}"
    return page


def main(arguments: list[str]) -> int:
    """Write the tables into the page."""
    page = Path(arguments[0]) if arguments else PAGE
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
