"""The house rules are tests: imports point down, types hold, the style is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent

CHECKS = {
    "imports point down": ["-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
    "types hold": ["-m", "mypy"],
    "the style is one": ["-m", "ruff", "check", "--no-cache", "."],
    "the layout is the formatter's": ["-m", "ruff", "format", "--no-cache", "--check", "."],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_is_in_order(check: str) -> None:
    finished = subprocess.run([sys.executable, *CHECKS[check]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph("llmops_cli", cache_dir=None)  # imports for types alone are knowledge too
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # take away what imports nothing that is left, until only circles and what leads to them remain
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    importers = {imported for module in left.values() for imported in module}
    assert sorted(left.keys() & importers) == []
