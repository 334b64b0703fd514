"""Measures `llmops gate` on a repository with 500 prompts of which one changed, without the model's own time.

Run: python benchmarks/gate_500_prompts.py [PROMPTS]. Prints seconds of the whole command, started as a user does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    """Build the repository once; time a check of nothing, of one rewording, and of one loosened suite."""
    prompts = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root, prompts)
        name = f"prompt-{prompts // 2:04}"
        print(f"{prompts} prompts with {CASES} cases each")
        report("nothing changed", root)
        (root / f"prompts/{name}.yaml").write_text(PROMPT.format(name=name, version=2, mark=", please."))
        report("one prompt reworded", root)
        suite = root / f"evals/{name}.yaml"
        suite.write_text(suite.read_text().replace("limit: 10", "limit: 100"))
        report("and its suite loosened", root)
        (root / "llmops.yaml").write_text("gate: {margin: 0.04}\n")
        report("and the project file edited", root)


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


def report(what: str, root: Path) -> None:
    """Time the command three times and print the best, with its outcome."""
    best, last = 1e9, None
    for _ in range(3):
        started = time.perf_counter()
        last = llmops(root, "gate", "--base", "main")
        best = min(best, time.perf_counter() - started)
    headline = next((line for line in reversed(last.stdout.splitlines()[:-1]) if line), "") if last else ""
    print(f"{best:6.2f} s  {what}: exit code {last.returncode if last else '?'}, {headline}")


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
    main()
