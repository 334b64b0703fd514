"""Every shell block of the README and the guides does what the page says it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from documentation.shell_blocks import Block, blocks_of, same_output

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page, ROOT)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone of the repository with its history, as a newcomer has it."""
    folder = tmp_path_factory.mktemp("clone") / "llmops"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    changed = subprocess.run(
        ["git", "ls-files", "-mo", "--exclude-standard", "-z", "prompts", "evals", "llmops.yaml", "docs/examples"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for path in filter(None, changed.split("\0")):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / path).read_bytes())
    return folder


@pytest.mark.parametrize("block", [b for b in BLOCKS if not b.reason], ids=lambda b: f"{b.page}:{b.line}")
def test_a_transcript_is_true(block: Block, clone: Path, own_home: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "HOME": str(own_home),
    }
    assert block.language == "console", f"{block.page}:{block.line}: a block that is run is a transcript: ```console"
    assert block.steps, f"{block.page}:{block.line}: no line starts with `$ `"
    for step in block.steps:
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=clone,
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == step.exit_code, done.stdout
        assert not step.printed or same_output(step.printed, done.stdout), done.stdout


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.reason], ids=lambda b: f"{b.page}:{b.line}")
def test_a_block_that_is_not_run_says_why(block: Block) -> None:
    assert len(block.reason.split()) > 2, block


def test_a_transcript_matches_line_by_line() -> None:
    assert same_output(("one", "…", "tw…o", ""), "\none\nx\ny\ntwenty-o\n\n")
    assert not same_output(("one",), "one\ntwo\n")
    assert not same_output(("on",), "one\n")
