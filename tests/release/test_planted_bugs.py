"""The suite proves itself: each deliberately broken variant of the release code makes a named test fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from release.planted_bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
EVERY_TIME = 3
"""Each third variant in an ordinary run; all with LLMOPS_ALL_PLANTED_BUGS=1."""

CHOSEN = BUGS if os.environ.get("LLMOPS_ALL_PLANTED_BUGS") else BUGS[::EVERY_TIME]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_variant_fits_the_code(bug: Bug) -> None:
    assert (ROOT / bug.path).read_text("utf-8").count(bug.old) == 1


@pytest.mark.slow
@pytest.mark.parametrize("bug", CHOSEN, ids=lambda bug: bug.name)
def test_a_broken_variant_is_caught(bug: Bug, tmp_path: Path) -> None:
    for folder in ("llmops_cli", "tests/release", "tests/commands"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    broken = tmp_path / bug.path
    broken.write_text(broken.read_text("utf-8").replace(bug.old, bug.new), "utf-8")
    arguments = ["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", bug.caught_by]
    code = "import sys, pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1, f"{bug.name} was not caught:\n{done.stdout[-2000:]}\n{done.stderr[-500:]}"
