"""`llmops init`: make a folder a registry."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._scaffold import StepKind, apply_scaffold, plan_scaffold
from llmops_cli.commands._scaffold_files import (
    EDITOR_SETTINGS,
    EXAMPLE_ID,
    PRE_COMMIT_PATH,
    PROJECT,
    SCHEMA_FOLDER,
    SCHEMA_KINDS,
    WORKFLOW_PATH,
    example_files,
    modeline,
    pre_commit,
    workflow,
)
from llmops_cli.commands._workspace import PROJECT_FILE, Workspace, workspace_of
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.commands._action_source import ActionSource
    from llmops_cli.commands._scaffold import ScaffoldStep

_MOST_WORKFLOW_BYTES = 1 << 20


def init(
    ctx: typer.Context,
    *,
    example: Annotated[
        bool, typer.Option("--example", help="Add a prompt with a suite that runs without key and network.")
    ] = False,
    action: Annotated[
        str | None,
        typer.Option(
            "--action",
            metavar="OWNER/REPO@SHA",
            help="Where the workflow gets llmops from, on GitHub; by default the commit that this llmops was "
            "installed from.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
) -> ExitCode:
    """Make this repository a registry of prompts.

    Adds a project file, the folders, schemas for editors, a pre-commit hook, and a workflow for GitHub that
    gates pull requests. Nothing that exists is overwritten; .gitignore gets one line. Running it again adds
    what is missing.
    """
    from llmops_cli.commands._action_source import installed_action, parse_action  # noqa: PLC0415 - reads metadata

    workspace = workspace_of(ctx)
    console = workspace.console
    source = parse_action(action) if action is not None else installed_action()
    gated_by = _workflow_with(workspace.root, source.repository) if source else None
    files = _files(example=example, action=source, with_workflow=gated_by is None)
    steps = plan_scaffold(workspace.root, files, added_lines={".gitignore": "/.llmops/"})
    for step in steps:
        console.payload(step.sentence())
    if gated_by is not None:
        console.note(f"No workflow was added: {gated_by} uses {source.repository if source else ''} already.")
    _say_what_was_left_out(workspace, steps, source)
    if dry_run:
        console.note("Nothing was written (--dry-run).")
        return ExitCode.PASS
    apply_scaffold(workspace.root, steps)
    if not workspace.place.in_git:
        console.note("This folder is not a Git repository yet; versions, diff and log need one: git init")
    console.note(f"Next: llmops eval {EXAMPLE_ID}" if example else "Next: llmops new my-first-prompt")
    return ExitCode.PASS


def _files(*, example: bool, action: "ActionSource | None", with_workflow: bool) -> dict[str, str]:
    from llmops_cli.registry.documents.schema_check import schema_text  # noqa: PLC0415 - only when the command runs

    files = {
        PROJECT_FILE: PROJECT.format(modeline=modeline("project", PROJECT_FILE)),
        "prompts/.gitkeep": "",
        "evals/.gitkeep": "",
        PRE_COMMIT_PATH: pre_commit(action),
        ".vscode/settings.json": EDITOR_SETTINGS,
    }
    if action is not None and with_workflow:
        files[WORKFLOW_PATH] = workflow(action)
    files |= {f"{SCHEMA_FOLDER}/{kind}.json": schema_text(kind) for kind in SCHEMA_KINDS}
    return files | (example_files(prompts="prompts", evals="evals") if example else {})


def _say_what_was_left_out(
    workspace: Workspace, steps: "Sequence[ScaffoldStep]", action: "ActionSource | None"
) -> None:
    console = workspace.console
    kept = {step.path for step in steps if step.kind is StepKind.KEEP}
    if PRE_COMMIT_PATH in kept and "llmops" not in _text_of(workspace.root / PRE_COMMIT_PATH):
        console.note(
            "Your .pre-commit-config.yaml was kept; a hook that fits: entry `llmops validate`, language system."
        )
    if action is None and not (workspace.root / WORKFLOW_PATH).exists():
        console.note("No workflow yet. Say which llmops it runs: llmops init --action OWNER/REPO@SHA")
    if action is not None and not action.is_commit:
        console.note(f"{action.reference} is a tag, and tags can be moved: better give --action the full commit.")


def _workflow_with(root: Path, repository: str) -> str | None:
    """Return the workflow of this repository that uses the Action already, other than the one we would write."""
    folder = root / Path(WORKFLOW_PATH).parent
    if not folder.is_dir() or (root / WORKFLOW_PATH).exists():
        return None
    for path in sorted(folder.iterdir()):
        if path.suffix in {".yml", ".yaml"} and f"{repository}@".lower() in _text_of(path).lower():
            return path.relative_to(root).as_posix()
    return None


def _text_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_WORKFLOW_BYTES)
    except OSError:
        return ""
