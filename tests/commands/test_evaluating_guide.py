"""The guide prints true outputs: its commands are run, one after the other, in one repository."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from commands.world import git

from llmops_cli import cli

GUIDE = Path(__file__).parents[2] / "docs/guide/evaluating.md"
_VARYING = re.compile(r"\d{8}T\d{6}Z-[a-z0-9-]+?-[0-9a-f]{12}(-\d+)?|\d+\.\d s;")


def transcripts() -> list[tuple[str, str]]:
    """Return every command of the guide's console blocks with what the guide shows below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


def spoken(command: str, folder: Path) -> str:
    """Return what a person at an 80-column terminal reads: stdout and stderr in one."""
    said = io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cli.main(shlex.split(command)[1:])
    finally:
        os.chdir(before)
    return said.getvalue()


def neutral(text: str) -> str:
    return _VARYING.sub("…", text).strip()


def test_the_commands_of_the_guide_say_what_it_shows(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    shown = transcripts()
    assert len(shown) == 4
    for command, expected in shown:
        said = spoken(command, tmp_path)
        assert neutral(said).startswith(neutral(expected)), command
