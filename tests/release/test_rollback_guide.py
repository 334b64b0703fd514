"""Each block of the guide to rollback is a transcript: typed in order, in a repository whose third version is live."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from documentation.shell_blocks import blocks_of, same_output
from release.rollback_world import rolled_back_repository

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "rollback.md"


def test_every_block_that_needs_releases_is_what_the_commands_print(tmp_path: Path) -> None:
    repository = rolled_back_repository(tmp_path / "repository")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    blocks = [block for block in blocks_of(GUIDE, ROOT) if block.reason]
    assert len(blocks) == 4
    for step in (step for block in blocks for step in block.steps):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=repository,
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == step.exit_code, f"{step.command}\n{done.stdout}"
        assert same_output(step.printed, done.stdout), f"{step.command}\n{done.stdout}"


def test_the_page_shows_no_output_that_nobody_ran() -> None:
    assert "```text" not in GUIDE.read_text("utf-8")
