"""`llmops init`: make a folder a registry."""

from typing import Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._scaffold import StepKind, apply_scaffold, plan_scaffold
from llmops_cli.commands._scaffold_files import (
    EDITOR_SETTINGS,
    EXAMPLE_ID,
    PRE_COMMIT,
    PROJECT,
    SCHEMA_FOLDER,
    SCHEMA_KINDS,
    example_files,
    modeline,
)
from llmops_cli.commands._workspace import PROJECT_FILE, workspace_of
from llmops_cli.core.exit_codes import ExitCode


def init(
    ctx: typer.Context,
    *,
    example: Annotated[
        bool, typer.Option("--example", help="Add a prompt with a suite that runs without key and network.")
    ] = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Make this repository a registry of prompts.

    Adds a project file, the folders, schemas for editors, and a pre-commit hook. Nothing that exists is
    overwritten; .gitignore gets one line. Running it again adds what is missing.
    """
    workspace = workspace_of(ctx)
    console = workspace.console
    steps = plan_scaffold(workspace.root, _files(example=example), added_lines={".gitignore": "/.llmops/"})
    for step in steps:
        console.payload(step.sentence())
    if dry_run:
        console.note("Nothing was written (--dry-run).")
        return ExitCode.PASS
    apply_scaffold(workspace.root, steps)
    if any(step.path == ".pre-commit-config.yaml" and step.kind is StepKind.KEEP for step in steps):
        console.note(
            "Your .pre-commit-config.yaml was kept; a hook that fits: entry `llmops validate`, language system."
        )
    if not workspace.place.in_git:
        console.note("This folder is not a Git repository yet; versions, diff and log need one: git init")
    console.note(f"Next: llmops eval {EXAMPLE_ID}" if example else "Next: llmops new my-first-prompt")
    return ExitCode.PASS


def _files(*, example: bool) -> dict[str, str]:
    from llmops_cli.registry.documents.schema_check import schema_text  # noqa: PLC0415 - only when the command runs

    files = {
        PROJECT_FILE: PROJECT.format(modeline=modeline("project", PROJECT_FILE)),
        "prompts/.gitkeep": "",
        "evals/.gitkeep": "",
        ".pre-commit-config.yaml": PRE_COMMIT,
        ".vscode/settings.json": EDITOR_SETTINGS,
    }
    files |= {f"{SCHEMA_FOLDER}/{kind}.json": schema_text(kind) for kind in SCHEMA_KINDS}
    return files | (example_files(prompts="prompts", evals="evals") if example else {})
