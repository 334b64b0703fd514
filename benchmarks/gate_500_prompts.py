"""Measures `llmops gate` on a repository with 500 prompts of which one changed, without the model's own time.

Run: python benchmarks/gate_500_prompts.py [PROMPTS]. Whole commands, started as a user does.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = 30
PROMPT = """\
id: {name}
version: {version}
model: {{name: echo/echo, temperature: 0}}
messages:
  - role: system
    content: Repeat what you are told{mark}
  - role: user
    content: "{{{{ text }}}}"
variables:
  text: {{type: string}}
"""
SUITE = """\
prompt: {name}
cases: cases/{name}.jsonl
metrics:
  - {{metric: equals, required: true}}
  - {{metric: max_words, limit: 10}}
"""


LIMIT_SECONDS = 2.0


def main() -> int:
    """Build the repository once; time a check of nothing, of one rewording, and of one loosened suite."""
    prompts = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"{prompts} prompts with {CASES} cases each; processor seconds of whole commands, the best of three\n")
    print("| what changed | CPU s | wall s | ends with |")
    print("| --- | --: | --: | --- |")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root, prompts)
        name = f"prompt-{prompts // 2:04}"
        floor(root)
        times = [report("nothing", root)]
        (root / f"prompts/{name}.yaml").write_text(PROMPT.format(name=name, version=2, mark=", please."))
        times.append(report("one prompt reworded", root))
        suite = root / f"evals/{name}.yaml"
        suite.write_text(suite.read_text().replace("limit: 10", "limit: 100"))
        times.append(report("and its suite loosened", root))
        (root / "llmops.yaml").write_text("gate: {margin: 0.04}\n")
        times.append(report("and the project file edited", root))
    print(f"\nlimit: {LIMIT_SECONDS:g} s beside the model's own time, {CASES} cases of an echo included")
    return int(max(times) > LIMIT_SECONDS)


def build(root: Path, prompts: int) -> None:
    """Write and commit the prompts, their suites, and the baseline of the one that will change."""
    for folder in ("prompts", "evals/cases"):
        (root / folder).mkdir(parents=True)
    (root / ".gitignore").write_text(".llmops/\n")
    (root / "llmops.yaml").write_text("gate: {margin: 0.05}\n")
    rows = [{"id": f"case-{n}", "variables": {"text": f"say {n}"}, "expected": f"say {n}"} for n in range(CASES)]
    dataset = "".join(json.dumps(row) + "\n" for row in rows)
    for number in range(prompts):
        name = f"prompt-{number:04}"
        (root / f"prompts/{name}.yaml").write_text(PROMPT.format(name=name, version=1, mark="."))
        (root / f"evals/{name}.yaml").write_text(SUITE.format(name=name))
        (root / f"evals/cases/{name}.jsonl").write_text(dataset)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    changing = f"prompt-{prompts // 2:04}"
    llmops(root, "eval", changing, "-q")
    llmops(root, "baseline", "accept", changing, "--why", "first", "-q")
    commit(root)


def floor(root: Path) -> None:
    """Time what cannot be had for less: a Python with our imports of every command, and Git's listing of the base."""
    command = [sys.executable, "-c", "import typer, yaml, json, subprocess"]
    cpu, wall, _ = best_of_three(lambda: subprocess.run(command, cwd=root, check=True))
    print(f"| (floor) Python, typer, yaml | {cpu:.2f} | {wall:.2f} | |")
    listing = ["git", "ls-tree", "-r", "-z", "main"]
    cpu, wall, _ = best_of_three(lambda: subprocess.run(listing, cwd=root, check=True, stdout=subprocess.DEVNULL))
    print(f"| (floor) `git ls-tree` of the base | {cpu:.2f} | {wall:.2f} | |")


def report(what: str, root: Path) -> float:
    """Time the command, print it with its outcome, and return its processor seconds."""
    cpu, wall, done = best_of_three(lambda: llmops(root, "gate", "--base", "main"))
    *_, last = done.stdout.rstrip().rpartition("\n\n")
    headline = " ".join(line.strip() for line in last.splitlines()[:-1])
    print(f"| {what} | {cpu:.2f} | {wall:.2f} | {done.returncode}: {headline} |", flush=True)
    return cpu


def best_of_three(
    run: Callable[[], subprocess.CompletedProcess[Any]],
) -> tuple[float, float, subprocess.CompletedProcess[Any]]:
    """Return processor and wall seconds of the cheapest run, and what the last one gave."""
    found, done = [], None
    for _ in range(3):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = run()
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
        found.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    assert done is not None
    return min(cpu for cpu, _ in found), min(wall for _, wall in found), done


def llmops(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "llmops_cli", *arguments], cwd=root, capture_output=True, text=True, check=False
    )


def git(root: Path, *arguments: str) -> None:
    """Run git with an author of its own."""
    author = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    committer = {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
    subprocess.run(["git", *arguments], cwd=root, check=True, env={**os.environ, **author, **committer})


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")


if __name__ == "__main__":
    sys.exit(main())
