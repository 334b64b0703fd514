"""`llmops new`: a prompt, its suite and its first case, ready to be filled in."""

import re
from typing import Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._scaffold import StepKind, apply_scaffold, plan_scaffold
from llmops_cli.commands._scaffold_files import prompt_files
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

LONGEST_ID = 100
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION_AT_END = re.compile(r"-v[0-9]+\Z")


def new(
    ctx: typer.Context,
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help="For example summarize-email.", show_default=False)],
    *,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="Who answers.")] = "local/smollm2-135m",
    owner: Annotated[str, typer.Option("--owner", metavar="TEAM", help="Whom to call.")] = "your-team",
    dry_run: DryRun = False,
) -> ExitCode:
    """Write a prompt with its suite and a first case.

    All three validate as they are. Nothing that exists is overwritten.
    """
    workspace = workspace_of(ctx)
    console = workspace.console
    _check_id(prompt_id)
    if prompt_id in workspace.catalog.prompt_ids():
        message = f"there is a prompt '{prompt_id}' already."
        raise RefusedError(message, where=workspace.catalog.path_of(prompt_id), hint=f"See it: llmops show {prompt_id}")
    paths = workspace.settings.paths
    files = prompt_files(prompt_id, prompts=paths.prompts, evals=paths.evals, model=model, owner=owner)
    steps = plan_scaffold(workspace.root, files, added_lines={})
    taken = [step.path for step in steps if step.kind is StepKind.KEEP]
    if taken:
        message = "the file is there already, and nothing is overwritten."
        raise RefusedError(message, where=taken[0], hint="Choose another id, or move the file.")
    for step in steps:
        console.payload(step.sentence())
    if dry_run:
        console.note("Nothing was written (--dry-run).")
        return ExitCode.PASS
    apply_scaffold(workspace.root, steps)
    console.note(f"Next: edit {steps[0].path}, then llmops validate and llmops eval {prompt_id}")
    return ExitCode.PASS


def _check_id(prompt_id: str) -> None:
    if _ID.fullmatch(prompt_id) and len(prompt_id) <= LONGEST_ID and not _VERSION_AT_END.search(prompt_id):
        return
    message = f"'{safe_text(prompt_id, one_line=True)}' cannot be a prompt's id."
    hint = "Use lower-case letters, digits and single hyphens, at most 100, without a version: summarize-email"
    raise UsageError(message, hint=hint)
