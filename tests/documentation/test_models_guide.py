"""The project files in the guide to models are accepted as they stand, and what the guide says of them holds."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from commands.llmops import llmops

from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.gateway.middleware.retry import RetryPolicy
from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.registry.costs.prices import price_of
from llmops_cli.registry.project_file import BUILT_IN_PROVIDERS, ProjectSettings, load_project
from llmops_cli.registry.work_tree import WorkTree

TEXT = (Path(__file__).parents[2] / "docs/guide/models.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n# llmops.yaml\n(.*?)```", TEXT, re.DOTALL)
PROMPT = """\
id: ask
version: 1
description: Repeats.
owner: docs
model: {name: rules/shout, temperature: 0}
template: "{{ text }}"
variables:
  text: {type: string, description: A text.}
"""
SUITE = "prompt: ask\ncases: [{id: a, variables: {text: hello}, expected: HELLO}]\nmetrics: [{metric: equals}]\n"


def settings_of(block: str, folder: Path) -> ProjectSettings:
    (folder / "llmops.yaml").write_text(block, encoding="utf-8")
    loaded = load_project(WorkTree(folder))
    assert loaded.findings == ()
    return loaded.settings


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_project_file_of_the_guide_is_right(block: str, tmp_path: Path) -> None:
    settings = settings_of(block, tmp_path)
    assert set(settings.providers) > set(BUILT_IN_PROVIDERS)
    assert {each.protocol for each in settings.providers.values()} <= set(PROVIDERS)


def test_the_alias_of_the_guide_has_a_price(tmp_path: Path) -> None:
    assert price_of(settings_of(BLOCKS[0], tmp_path).resolve_model("fast"), {}) is not None


def test_the_numbers_of_the_guide_are_those_of_the_program() -> None:
    policy = RetryPolicy()
    assert f"up to {policy.attempts} times within\n  {policy.total_seconds / 60:.0f} minutes" in TEXT
    assert (policy.first_wait_seconds, policy.longest_wait_seconds) == (0.5, 30.0)


def test_a_program_answers_as_the_guide_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "answer.py"
    program.write_text(
        "import json, sys\nrequest = json.load(sys.stdin)\n"
        "print(json.dumps({'text': request['messages'][-1]['content'].upper()}))\n",
        encoding="utf-8",
    )
    files = {"llmops.yaml": BLOCKS[2], "prompts/ask.yaml": PROMPT, "evals/ask.yaml": SUITE}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.setenv("LLMOPS_COMMAND_RULES", shlex.join([sys.executable, "answer.py"]))
    done = llmops("eval", "-q", folder=tmp_path)
    assert done.code == ExitCode.INCOMPARABLE, done.err  # there is no baseline
    assert "1 of 1 cases pass" in done.out
