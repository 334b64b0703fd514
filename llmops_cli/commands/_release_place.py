"""The environment that a command works on: its name, and the target that holds it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.core.release_fields import ENVIRONMENT
from llmops_cli.core.safe_text import safe_text
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target
    from llmops_cli.registry.project_file import EnvironmentSettings, ProjectSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An open environment. `settings` is what the project file says of it, None with `--target`."""

    environment: str
    target: Target
    settings: EnvironmentSettings | None = None

    def state(self) -> EnvironmentState:
        """Return what it serves now."""
        from llmops_cli.release.reading import load_state  # noqa: PLC0415 - only when the command runs

        return load_state(self.target, self.environment)


@contextmanager
def open_place(
    workspace: Workspace, environment: str, uri: str | None = None, *, settings: ProjectSettings | None = None
) -> Iterator[Place]:
    """Open an environment of the project file, or any name at the target that `uri` names, and close it again.

    Raises:
        UsageError: the name or the URI means nothing.
    """
    if uri is None:
        found = _configured(workspace.settings if settings is None else settings, environment)
        place = _open(workspace, environment, found.target, workspace.root, found)
    else:
        if not ENVIRONMENT.fullmatch(environment):
            message = f"'{safe_text(environment, one_line=True)}' cannot be the name of an environment."
            raise UsageError(message, hint="Names are lower-case letters, digits and hyphens.")
        place = _open(workspace, environment, uri, workspace.invocation.folder, None)
    try:
        yield place
    finally:
        place.target.close()


def _configured(settings: ProjectSettings, environment: str) -> EnvironmentSettings:
    found = settings.environments.get(environment)
    if found is not None:
        return found
    name = safe_text(environment, one_line=True)
    if not settings.environments:
        message = f"there is no environment '{name}': llmops.yaml defines none."
        hint = 'Add environments: {production: {target: "sqlite:releases.db"}}, or name the place: --target URI'
        raise UsageError(message, where="llmops.yaml", hint=hint)
    message = f"there is no environment '{name}'."
    known = ", ".join(settings.environments)
    hint = did_you_mean(environment, settings.environments) or f"llmops.yaml has: {known}"
    raise UsageError(message, where="llmops.yaml", hint=hint)


def _open(
    workspace: Workspace, environment: str, uri: str, folder: Path, settings: EnvironmentSettings | None
) -> Place:
    from llmops_cli.release.opening import Surroundings, open_target  # noqa: PLC0415 - only when the command runs

    surroundings = Surroundings(folder=folder.absolute(), environ=workspace.invocation.environ)
    return Place(environment=environment, target=open_target(uri, surroundings), settings=settings)
