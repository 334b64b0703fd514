"""The change in Git that a rollback calls for: the file as it was at the release that is live again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.commands._release_branch import protected_branch
from llmops_cli.core.errors import RefusedError

if TYPE_CHECKING:
    from llmops_cli.commands._release_place import Place
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.release_events import Event
    from llmops_cli.core.releases import Release
    from llmops_cli.registry.catalog import Catalog


def prepare_revert(workspace: Workspace, place: Place, event: Event) -> str:
    """Make a branch that takes Git back too, and return what to tell; nothing without a repository.

    Raises:
        LlmopsError: Git is missing or does not take it; the rollback stands all the same.
    """
    from llmops_cli.registry.git.new_branch import commit_file_on_branch  # noqa: PLC0415 - only after a rollback
    from llmops_cli.release.reading import load_release  # noqa: PLC0415 - as above

    change = event.changes[0]
    if not workspace.place.in_git or change.before is None or change.after is None:
        return "Not in the repository: revert the prompt there too; llmops status shows what is pending."
    bad, name = change.before, change.prompt_id
    good = load_release(place.target, name, change.after)
    repository = workspace.repository
    tip = repository.resolve(protected_branch(repository, place.settings))
    head = workspace.catalog_at(tip)
    if head.path_of(name) is None or head.prompt(name).digest() != bad.digest:
        return f"Git does not have v{bad.version} any more: there is nothing to revert."
    branch = f"llmops/revert-{name}-v{bad.version}"
    commit_file_on_branch(
        repository,
        branch,
        parent=tip,
        path=head.prompt(name).path,
        data=_next_version(workspace, good, head, tip),
        message=_message(name, bad.version, good.version, event),
        environment=workspace.invocation.environ,
    )
    return f"The revert is ready on branch {branch}: git push origin {branch}, and open a pull request."


def _next_version(workspace: Workspace, good: Release, head: Catalog, tip: str) -> bytes:
    """Return the file of the good release with the version number that Git's rule asks for."""
    from llmops_cli.registry.bump import plan_bump  # noqa: PLC0415 - only after a rollback
    from llmops_cli.registry.history.prompt_history import versions_in  # noqa: PLC0415 - as above

    repository, name = workspace.repository, good.prompt_id
    tree = repository.tree_at(good.git.commit)
    loaded = workspace.catalog_at(good.git.commit).load_path(good.git.path)
    if loaded.prompt is None or loaded.prompt.digest() != good.digest:
        message = f"the file at {good.git.commit[:12]} is not what was released."
        raise RefusedError(message)
    data = tree.read(good.git.path)
    versions = versions_in(repository, name, workspace.settings, tip)
    plan = plan_bump(
        loaded.prompt, data, loaded.document.position_of("version"), base=head.prompt(name), base_versions=versions
    )
    for step in plan.steps:
        data = data[: step.start] + str(step.new_version).encode() + data[step.start + len(step.old_text) :]
    return data


def _message(name: str, bad: int, good: int, event: Event) -> str:
    what = f"v{bad} was rolled back in {event.environment} by {event.by}."
    lines = [f"Revert {name} to the content of v{good}", "", what]
    lines += [text for text in (event.reason, event.incident) if text]
    return "\n".join(lines)
