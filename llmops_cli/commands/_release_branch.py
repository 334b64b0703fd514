"""The protected branch: what is on it was approved; and the policy of an environment, which is read from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import LlmopsError, SetupError, UsageError
from llmops_cli.core.release_policy import ReleasePolicy, parse_policy

if TYPE_CHECKING:
    from llmops_cli.commands._release_place import Place
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.project_file import EnvironmentSettings

LIKELY = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def asked_policy(workspace: Workspace, place: Place, *, allow_accepted: bool, reason: str) -> ReleasePolicy:
    """Return what an environment asks for of one change, with what its author allows.

    Raises:
        UsageError: something is asked for that is not known, or the reason is missing.
        RefusedError: the environment does not take what its author allows.
    """
    policy = policy_of(workspace.repository if workspace.place.in_git else None, place.settings)
    return policy.allowing_accepted(reason) if allow_accepted else policy


def policy_of(repository: GitRepository | None, settings: EnvironmentSettings | None) -> ReleasePolicy:
    """Return what an environment asks for: as the main branch says, where it knows the environment.

    Neither the work tree nor a branch can ask for less than what was approved. Without a repository, or for an
    environment that the main branch does not have yet, the project file at hand counts.

    Raises:
        UsageError: something is asked for that is not known.
    """
    if settings is None:
        return ReleasePolicy()
    approved = _approved(repository, settings.name) if repository else None
    found = approved or settings
    return parse_policy(dict(found.require), found.name)


def protected_branch(repository: GitRepository, settings: EnvironmentSettings | None) -> str:
    """Return the branch that an environment asks for (`require: {branch: release}`), else the main branch.

    Of a branch that a remote has too, the remote's state counts: what was not pushed was not approved.

    Raises:
        UsageError: the project file asks for something else, or the branch is not in this clone.
        SetupError: there is no main branch.
    """
    wanted = policy_of(repository, settings).branch
    for name in (f"origin/{wanted}", wanted) if wanted else LIKELY:
        if _exists(repository, name):
            return name
    if wanted:
        message = f"there is no branch '{wanted}' in this clone."
        raise UsageError(message, where="llmops.yaml", hint=f"Fetch it: git fetch origin {wanted}")
    message = "there is no main branch in this clone."
    raise SetupError(message, hint="Name the protected one: environments.NAME.require.branch in llmops.yaml")


def _approved(repository: GitRepository, environment: str) -> EnvironmentSettings | None:
    from llmops_cli.registry.project_file import load_project  # noqa: PLC0415 - only when the command runs

    main = next((name for name in LIKELY if _exists(repository, name)), None)
    if main is None:
        return None
    try:
        project = load_project(repository.tree_at(repository.resolve(main)))
    except LlmopsError:
        return None
    return project.settings.environments.get(environment)


def _exists(repository: GitRepository, name: str) -> bool:
    try:
        repository.resolve(name)
    except UsageError:
        return False
    return True
