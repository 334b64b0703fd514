"""`llmops bump`: the next version number, where the prompt says something new."""

from typing import TYPE_CHECKING

import typer

from llmops_cli.commands._parameters import BaseRevision, DryRun, PromptIds
from llmops_cli.commands._shallow_clone import warn_of_unknown_versions
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from llmops_cli.registry.bump import BumpPlan
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.history.prompt_history import GitVersions

LIKELY_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def bump(
    ctx: typer.Context, prompts: PromptIds = None, *, base: BaseRevision = None, dry_run: DryRun = False
) -> ExitCode:
    """Give changed prompts their next version number.

    A prompt that says something else than at the base gets 1 + the highest version of its history there; only that
    number changes in its file. The base is the main branch (origin's, else the local one), else HEAD.
    """
    workspace = workspace_of(ctx)
    console = workspace.console
    plans = _plans(workspace, tuple(prompts or ()), base)
    steps = [step for plan in plans for step in plan.steps]
    for step in steps:
        console.payload(safe_text(step.sentence(), one_line=True))
    if not steps:
        console.note("Every version is right; nothing to do.")
        return ExitCode.PASS
    if dry_run:
        console.note("Nothing was written (--dry-run).")
        return ExitCode.PASS
    from llmops_cli.registry.bump import apply_bump  # noqa: PLC0415 - only when the command runs

    for plan in plans:
        apply_bump(plan, workspace.root)
    console.note(f"\nNext: llmops eval {' '.join(dict.fromkeys(step.prompt_id for step in steps))}")
    return ExitCode.PASS


def _plans(workspace: Workspace, wanted: tuple[str, ...], base: str | None) -> "list[BumpPlan]":
    from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.history.prompt_history import GitVersions  # noqa: PLC0415 - only when the command runs

    repository = workspace.repository
    if repository.head() is None:
        message = "there is no commit yet; a first version is 1."
        raise UsageError(message, hint="Make the first commit: git add … && git commit")
    reference = base or _usual_base(repository)
    tree = repository.tree_at(reference)
    workspace.console.detail(f"base: {tree.label}")
    before = Catalog(tree, workspace.settings)
    versions = GitVersions(repository, workspace.settings, reference)
    warn_of_unknown_versions(workspace.console, versions)
    plans = []
    for prompt_id in wanted or workspace.catalog.prompt_ids():
        try:
            plan = _plan(workspace, prompt_id, before, versions)
        except RefusedError:
            if wanted:
                raise
            continue
        workspace.console.detail(plan.reason)
        plans.append(plan)
    return plans


def _plan(workspace: Workspace, prompt_id: str, before: "Catalog", versions: "GitVersions") -> "BumpPlan":
    from llmops_cli.registry.bump import plan_bump  # noqa: PLC0415 - only when the command runs

    loaded = workspace.catalog.load(prompt_id)
    prompt = workspace.catalog.prompt(prompt_id)
    return plan_bump(
        prompt,
        workspace.tree.read(loaded.path),
        loaded.document.position_of("version"),
        base=before.load(prompt_id).prompt if before.path_of(prompt_id) else None,
        base_versions=versions.versions_of(prompt_id),
    )


def _usual_base(repository: "GitRepository") -> str:
    """Return the main branch as far as this clone knows it; on that branch itself, without a remote, HEAD."""
    branch = repository.branch()
    for candidate in LIKELY_BASES:
        if candidate == branch:
            break
        try:
            repository.resolve(candidate)
        except UsageError:
            continue
        return candidate
    return "HEAD"
