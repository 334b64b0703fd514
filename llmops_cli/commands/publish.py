"""`llmops publish`: what is approved in Git, live in an environment; `llmops plan` shows it without doing it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import DryRun
from llmops_cli.commands._release_apply import carry_out
from llmops_cli.commands._release_intent import intent_of
from llmops_cli.commands._release_options import AllowAccepted, AllowBreaking, Reason, ReleasedPrompts, TargetUri
from llmops_cli.commands._release_place import Place, open_place
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import InvalidFileError, RefusedError, UsageError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.registry.catalog import Catalog

Into = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="The environment; not needed if there is one only.", show_default=False),
]
At = Annotated[str, typer.Option("--commit", metavar="REV", help="Publish what this commit holds.")]
Evaluate = Annotated[bool, typer.Option("--eval", help="Run the gate now instead of relying on the baseline.")]


def publish(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompts: ReleasedPrompts = None,
    *,
    env: Into = None,
    commit: At = "HEAD",
    evaluate: Evaluate = False,
    allow_accepted: AllowAccepted = False,
    allow_breaking: AllowBreaking = False,
    reason: Reason = "",
    target: TargetUri = None,
    dry_run: DryRun = False,
) -> ExitCode:
    """Make prompts live: these, or all that differ from what is live, as one step.

    Everything is read from the commit, never from the work tree. Refused with 8: a commit that is not on the protected
    branch or is older than what is live, a content without a passing evaluation or one that is held, a frozen
    environment or one that is promoted into, a version number with a second meaning, a change that breaks callers.
    What is live already is left.
    """
    workspace = workspace_of(ctx)
    wishes = _Wishes(
        env=env,
        commit=commit,
        target=target,
        reason=reason,
        evaluate=evaluate,
        allow_accepted=allow_accepted,
        allow_breaking=allow_breaking,
        dry_run=dry_run,
    )
    return _publish(workspace, tuple(prompts or ()), wishes)


def plan(  # noqa: PLR0913 - the options of the command
    ctx: typer.Context,
    prompts: ReleasedPrompts = None,
    *,
    env: Into = None,
    commit: At = "HEAD",
    evaluate: Evaluate = False,
    allow_accepted: AllowAccepted = False,
    allow_breaking: AllowBreaking = False,
    reason: Reason = "",
    target: TargetUri = None,
) -> ExitCode:
    """Show what publish would do, and refuse what it would refuse."""
    wishes = _Wishes(
        env=env,
        commit=commit,
        target=target,
        reason=reason,
        evaluate=evaluate,
        allow_accepted=allow_accepted,
        allow_breaking=allow_breaking,
        dry_run=True,
    )
    return _publish(workspace_of(ctx), tuple(prompts or ()), wishes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """The options of publish, together."""

    env: str | None
    commit: str
    target: str | None
    reason: str
    evaluate: bool
    allow_accepted: bool
    allow_breaking: bool
    dry_run: bool


def _publish(workspace: Workspace, prompts: tuple[str, ...], wishes: _Wishes) -> ExitCode:
    from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.project_file import load_project  # noqa: PLC0415 - only when the command runs

    repository = workspace.repository
    commit = repository.resolve(wishes.commit)
    tree = repository.tree_at(commit)
    project = load_project(tree)
    if errors := tuple(finding for finding in project.findings if finding.is_error):
        message = "the project file of the commit has errors."
        raise InvalidFileError(message, where=errors[0].path, findings=errors)
    environment = wishes.env or _only_environment(workspace)
    with open_place(workspace, environment, wishes.target) as place:
        return _into(workspace, place, Catalog(tree, project.settings), commit, prompts, wishes)


def _into(
    workspace: Workspace, place: Place, catalog: "Catalog", commit: str, prompts: tuple[str, ...], wishes: _Wishes
) -> ExitCode:
    from llmops_cli.commands._release_branch import asked_policy, protected_branch  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._release_evidence import CommittedEvidence, GateEvidence  # noqa: PLC0415 - as above
    from llmops_cli.commands._release_proposals import proposals_at  # noqa: PLC0415 - as above
    from llmops_cli.release.clock import SystemClock, moment  # noqa: PLC0415 - as above
    from llmops_cli.release.publish import PublishOptions, PublishPorts, plan_publish  # noqa: PLC0415 - as above

    _check_way(place)
    intent = intent_of(workspace, reason=wishes.reason)
    branch = protected_branch(workspace.repository, place.settings)
    policy = asked_policy(workspace, place, allow_accepted=wishes.allow_accepted, reason=wishes.reason)
    evidence = (
        GateEvidence(workspace, catalog, commit, intent.by, policy)
        if wishes.evaluate
        else CommittedEvidence(workspace, catalog, policy)
    )
    planned = plan_publish(
        place.state(),
        proposals_at(workspace.repository, catalog, commit, branch, prompts),
        intent,
        PublishPorts(target=place.target, lineage=workspace.repository, evidence=evidence),
        PublishOptions(branch=branch, at=moment(SystemClock().now()), allow_breaking=wishes.allow_breaking),
    )
    receipt = carry_out(workspace.console, planned, place.target, dry_run=wishes.dry_run)
    if receipt is not None:
        workspace.console.note(f"\nNext: llmops status --env {place.environment}")
    return ExitCode.PASS


def _check_way(place: Place) -> None:
    """Refuse to publish past the environment that a release has to be live in first."""
    source = place.settings.promote_from if place.settings else None
    if source:
        message = f"'{place.environment}' takes what is live in '{source}', nothing past it."
        hint = f"llmops publish --env {source}, then llmops promote --to {place.environment}"
        raise RefusedError(message, where="llmops.yaml", hint=hint)


def _only_environment(workspace: Workspace) -> str:
    known = tuple(name for name, found in workspace.settings.environments.items() if not found.promote_from)
    if len(known) == 1:
        return known[0]
    message = "name the environment."
    hint = f"llmops.yaml has: {', '.join(known)}" if known else "llmops.yaml defines none; add environments:"
    raise UsageError(message, hint=f"--env NAME. {hint}")
