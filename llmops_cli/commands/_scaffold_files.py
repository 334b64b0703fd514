"""The texts of the files that `init` and `new` write."""

from __future__ import annotations

from posixpath import relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.commands._action_source import ActionSource

SCHEMA_FOLDER = ".vscode/llmops"
SCHEMA_KINDS = ("prompt", "suite", "rubric", "project")

PROJECT = """\
{modeline}
# Everything here is optional; these are the defaults. `llmops schema project` describes every field.
gate:
  margin: 0.05
  min_cases: 20
"""

PROMPT = """\
{modeline}
id: {id}
version: 1
description: {description}
owner: {owner}
model:
  name: {model}
  temperature: 0
  max_tokens: 120
messages:
  - role: system
    content: |
      {system}
  - role: user
    content: "{{{{ text }}}}"
variables:
  text: {{type: string, description: {variable}}}
"""

SUITE = """\
{modeline}
prompt: {id}
cases: cases/{id}.jsonl
metrics:
{metrics}
"""

WORKFLOW_PATH = ".github/workflows/prompts.yml"

_WORKFLOW = """\
name: prompts
on: {pull_request: {types: [opened, synchronize, reopened, labeled, unlabeled]}, merge_group: {}}
permissions: {}
concurrency: {group: "prompts-${{ github.ref }}", cancel-in-progress: true}
jobs:
  gate:
    name: gate
    runs-on: ubuntu-24.04
    permissions:
      contents: read # to check out
      pull-requests: write # for the comment
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {fetch-depth: 0, persist-credentials: false}
      - uses: @ACTION@
"""

PRE_COMMIT_PATH = ".pre-commit-config.yaml"

_PRE_COMMIT_OF_REPOSITORY = """\
repos:
  - repo: https://github.com/{repository}
    rev: {pinned}
    hooks:
      - id: llmops-validate
"""

PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: llmops-validate
        name: llmops validate
        entry: llmops validate
        language: system
        pass_filenames: false
        files: ^(prompts/|evals/|llmops\\.yaml$)
"""

EDITOR_SETTINGS = """\
{
  "yaml.schemas": {
    "./.vscode/llmops/project.json": ["llmops.yaml"],
    "./.vscode/llmops/prompt.json": ["prompts/**/*.yaml"],
    "./.vscode/llmops/suite.json": ["evals/*.yaml"],
    "./.vscode/llmops/rubric.json": ["evals/rubrics/*.yaml"]
  }
}
"""

EXAMPLE_ID = "echo-greeting"

_EXAMPLE_NAMES = (
    *("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Tim", "Margaret", "Dennis", "Frances"),
    *("Ken", "Hedy", "Linus", "Katherine", "Niklaus", "Annie", "John", "Adele", "Guido", "Zoë", "José"),
)


def workflow(action: ActionSource) -> str:
    """Return the workflow that runs the gate on pull requests: the one that the guide shows."""
    return _WORKFLOW.replace("@ACTION@", f"{action.repository}@{action.pinned}")


def pre_commit(action: ActionSource | None) -> str:
    """Return a configuration with our hook: from its repository where it is known, else the `llmops` on the PATH."""
    if action is None:
        return PRE_COMMIT
    return _PRE_COMMIT_OF_REPOSITORY.format(repository=action.repository, pinned=action.pinned)


def modeline(kind: str, path: str) -> str:
    """Return the first line of a file at `path`, by which editors find its schema."""
    folder = path.rpartition("/")[0]
    return f"# yaml-language-server: $schema={relpath(f'{SCHEMA_FOLDER}/{kind}.json', folder or '.')}"


def prompt_files(prompt_id: str, *, prompts: str, evals: str, model: str, owner: str) -> dict[str, str]:
    """Return path → text of a new prompt, its suite, and its first cases."""
    prompt_path, suite_path = f"{prompts}/{prompt_id}.yaml", f"{evals}/{prompt_id}.yaml"
    prompt = PROMPT.format(
        modeline=modeline("prompt", prompt_path),
        id=prompt_id,
        description="What the prompt is for, in one sentence.",
        owner=owner,
        model=model,
        system="Say what the model has to do with the text, and what the answer looks like.",
        variable="What the application puts in.",
    )
    metrics = '  - {metric: regex, pattern: "\\\\S", required: true}\n  - {metric: max_words, limit: 60}'
    suite = SUITE.format(modeline=modeline("suite", suite_path), id=prompt_id, metrics=metrics)
    case = '{"id": "first", "variables": {"text": "Replace this by a real input."}, "tags": ["happy-path"]}\n'
    return {prompt_path: prompt, suite_path: suite, f"{evals}/cases/{prompt_id}.jsonl": case}


def example_files(*, prompts: str, evals: str) -> dict[str, str]:
    """Return path → text of an example that runs at once: its model answers with its own last message."""
    prompt_path, suite_path = f"{prompts}/{EXAMPLE_ID}.yaml", f"{evals}/{EXAMPLE_ID}.yaml"
    prompt = PROMPT.format(
        modeline=modeline("prompt", prompt_path),
        id=EXAMPLE_ID,
        description="An example whose model repeats what it is told. Put a real model in and watch the score.",
        owner="you",
        model="echo/last-message",
        system="Repeat the greeting that you are given.",
        variable="A greeting with a name in it.",
    )
    metrics = '  - {metric: contains, expected: "{{ expected }}", required: true}\n  - {metric: max_words, limit: 12}'
    suite = SUITE.format(modeline=modeline("suite", suite_path), id=EXAMPLE_ID, metrics=metrics)
    cases = "".join(
        f'{{"id": "{number:02}", "variables": {{"text": "Hello {name}, good to see you."}}, "expected": "{name}"}}\n'
        for number, name in enumerate(_EXAMPLE_NAMES, 1)
    )
    return {prompt_path: prompt, suite_path: suite, f"{evals}/cases/{EXAMPLE_ID}.jsonl": cases}
