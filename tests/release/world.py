"""A real repository with a prompt that may be published: suite, accepted baseline, environments, two versions."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from commands.llmops import Outcome, llmops
from commands.world import PROMPT, edit, example, git

NAME = "echo-greeting"
ENVIRONMENTS = """
environments:
  staging: {target: "sqlite:releases.db"}
  production: {target: "sqlite:releases.db", promote_from: staging}
"""


@cache
def _made_once() -> Path:
    """Making the repository takes most of a second, so all tests of a process copy one."""
    place = tempfile.mkdtemp(prefix="llmops-test-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return _made(Path(place) / "repository")


def published_repository(folder: Path) -> Path:
    """Give version 1 with its baseline on main; nothing is published yet."""
    shutil.copytree(_made_once(), folder, symlinks=True)
    return folder


def _made(folder: Path) -> Path:
    example(folder)
    text = (folder / "llmops.yaml").read_text("utf-8") + ENVIRONMENTS
    (folder / "llmops.yaml").write_text(text, "utf-8")
    with (folder / ".gitignore").open("a", encoding="utf-8") as ignored:
        ignored.write("releases*\n")
    measure(folder)
    commit(folder, "Measure the first version")
    return folder


def measure(folder: Path, why: str = "first") -> None:
    """Evaluate and accept; the work tree has the baseline after it."""
    # two runs within one second have no order
    shutil.rmtree(folder / ".llmops" / "runs", ignore_errors=True)
    done = llmops("eval", "-q", folder=folder)
    assert done.code in (0, 7), done.err
    accepted = llmops("baseline", "accept", "--why", why, "-q", folder=folder)
    assert accepted.code == 0, accepted.err


def next_version(folder: Path, version: int, *, measured: bool = True) -> str:
    """Commit another version (v2 from v1, and so on) and return the commit's id."""
    edit(folder, PROMPT, " the greeting", " exactly the greeting")
    edit(folder, PROMPT, f"version: {version - 1}", f"version: {version}")
    if measured:
        measure(folder, f"version {version}")
    return commit(folder, f"Version {version}")


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def must(folder: Path, *arguments: str, code: int = 0) -> Outcome:
    """Run a command that has to end with `code`."""
    done = llmops(*arguments, folder=folder)
    assert done.code == code, f"{done.code}\n{done.out}\n{done.err}"
    return done
