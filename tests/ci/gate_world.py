"""A small registry in a real Git repository, with a committed baseline, and one change on a branch."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from commands.llmops import Outcome, llmops

if TYPE_CHECKING:
    from pathlib import Path

CASES = 30
PROMPT = "prompts/repeat.yaml"
SUITE = "evals/repeat.yaml"
DATASET = "evals/cases/repeat.jsonl"
BASELINE = "evals/baselines/repeat.json"
PROJECT = "llmops.yaml"
RUBRIC = "evals/rubrics/kind.yaml"
WORKFLOW = ".github/workflows/prompts.yml"

PROMPT_TEXT = """\
id: repeat
version: 1
description: Says what it is told.
model: {name: echo/echo, temperature: 0}
messages:
  - role: system
    content: Repeat what you are told.
  - role: user
    content: "{{ text }}"
variables:
  text: {type: string}
"""

SUITE_TEXT = """\
prompt: repeat
cases: cases/repeat.jsonl
metrics:
  - {metric: equals, required: true}
  - {metric: regex, pattern: "^say [0-9]+$"}
  - {metric: edit_distance, min: 0.9}
  - {metric: max_words, limit: 4, weight: 2}
gate:
  margin: 0.05
"""

PROJECT_TEXT = """\
providers:
  own: {protocol: openai, base_url: "http://127.0.0.1:9/v1", api_key: {env: OWN_KEY}}
models:
  fast: {name: own/small}
gate:
  min_cases: 20
judges:
  strict: {model: fast}
paths:
  prompts: prompts
  evals: evals
"""

RUBRIC_TEXT = """\
id: kind
version: 1
criteria: Is the answer kind?
scale:
  choices:
    - {name: "yes", score: 1}
    - {name: "no", score: 0}
judge: {model: fast}
"""

WORKFLOW_TEXT = """\
name: prompts
on: pull_request
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - run: llmops gate --base origin/main
"""


def case(number: int, **fields: Any) -> str:
    text = f"say {number}"
    value = {"id": f"case-{number:02}", "variables": {"text": text}, "expected": text, **fields}
    return json.dumps(value)


class GateWorld:
    """`main` with a prompt, its suite and an accepted baseline; edits go to the branch `change`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def build(self, *, baseline: bool = True) -> GateWorld:
        """Make the repository."""
        self.root.mkdir()
        self.git("init", "-q", "-b", "main")
        dataset = "\n".join(case(n, **({"critical": True} if n == 7 else {})) for n in range(1, CASES + 1)) + "\n"
        files = {
            PROMPT: PROMPT_TEXT,
            SUITE: SUITE_TEXT,
            DATASET: dataset,
            PROJECT: PROJECT_TEXT,
            RUBRIC: RUBRIC_TEXT,
            WORKFLOW: WORKFLOW_TEXT,
            ".gitignore": ".llmops/\n",
        }
        for path, text in files.items():
            self.write(path, text)
        self.commit("A prompt with a suite")
        if baseline:
            self.accept()
        self.git("checkout", "-q", "-b", "change")
        return self

    def accept(self) -> None:
        self.llmops("eval", "-q")
        accepted = self.llmops("baseline", "accept", "repeat", "--why", "first")
        assert accepted.code == 0, accepted
        self.commit("A baseline")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, path
        self.write(path, text.replace(old, new, 1))

    def bump(self) -> None:
        assert self.llmops("bump", "repeat", "-q").code == 0

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)

    def llmops(self, *arguments: str) -> Outcome:
        return llmops(*arguments, folder=self.root)

    def gate(self, *arguments: str, base: str = "main") -> tuple[int, dict[str, Any]]:
        """Return the exit code and the report."""
        done = self.llmops("gate", "--base", base, "--format", "json", *arguments)
        assert done.out, done.err
        return done.code, json.loads(done.out)

    def line_of(self, path: str, text: str) -> int:
        lines = self.read(path).splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)


def held(report: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [change for change in report["changes"] if change["loosens"] and change["kind"] == kind]
