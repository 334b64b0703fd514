"""The protected branch: what is on it was approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, UsageError

if TYPE_CHECKING:
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.project_file import EnvironmentSettings

LIKELY = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
KNOWN_REQUIREMENTS = frozenset({"branch"})


def protected_branch(repository: GitRepository, settings: EnvironmentSettings | None) -> str:
    """Return the branch that an environment asks for (`require: {branch: release}`), else the main branch.

    Of a branch that a remote has too, the remote's state counts: what was not pushed was not approved.

    Raises:
        UsageError: the project file asks for something else, or the branch is not in this clone.
        SetupError: there is no main branch.
    """
    required = settings.require if settings else {}
    if unknown := sorted(set(required) - KNOWN_REQUIREMENTS):
        message = f"environment '{settings.name if settings else ''}' requires '{unknown[0]}', which is not known."
        raise UsageError(message, where="llmops.yaml", hint="Known is: branch.")
    wanted = required.get("branch")
    if isinstance(wanted, str):
        names: tuple[str, ...] = (f"origin/{wanted}", wanted)
    else:
        names = LIKELY
    for name in names:
        if _exists(repository, name):
            return name
    if isinstance(wanted, str):
        message = f"there is no branch '{wanted}' in this clone."
        raise UsageError(message, where="llmops.yaml", hint=f"Fetch it: git fetch origin {wanted}")
    message = "there is no main branch in this clone."
    raise SetupError(message, hint="Name the protected one: environments.NAME.require.branch in llmops.yaml")


def _exists(repository: GitRepository, name: str) -> bool:
    try:
        repository.resolve(name)
    except UsageError:
        return False
    return True
