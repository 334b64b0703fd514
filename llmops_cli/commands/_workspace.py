"""The repository that a command works on, opened once: root, settings, catalogue, and Git when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.core.errors import InvalidFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer

    from llmops_cli.commands._console import Console
    from llmops_cli.commands._invocation import Invocation
    from llmops_cli.core.findings import Finding
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.project_file import LoadedProject, ProjectSettings
    from llmops_cli.registry.tree import FileTree

PROJECT_FILE = "llmops.yaml"


@dataclass(frozen=True, slots=True)
class Root:
    """The folder that all paths are relative to, and whether Git keeps its history."""

    root: Path
    in_git: bool


def find_root(start: Path) -> Root:
    """Return the top of the Git work tree around `start`, else the nearest folder with a project file, else `start`.

    Raises:
        UsageError: when `start` is not a folder.
    """
    folder = start.resolve()
    if not folder.is_dir():
        message = f"there is no folder '{start}'."
        raise UsageError(message, hint="Name a folder of the repository: llmops -C DIR …")
    ancestors = (folder, *folder.parents)
    # .git is a file in worktrees and submodules
    if git_top := next((place for place in ancestors if (place / ".git").exists()), None):
        return Root(git_top, in_git=True)
    project = next((place for place in ancestors if (place / PROJECT_FILE).is_file()), folder)
    return Root(project, in_git=False)


class Workspace:
    """What the commands share. Everything is opened on first use: `version` needs no repository."""

    def __init__(self, invocation: Invocation) -> None:
        """Belong to one run of the command line."""
        self.invocation = invocation

    @property
    def console(self) -> Console:
        """The console of the run."""
        return self.invocation.console

    @cached_property
    def place(self) -> Root:
        """Where the repository is."""
        return find_root(self.invocation.folder)

    @property
    def root(self) -> Path:
        """The folder that all paths are relative to."""
        return self.place.root

    @cached_property
    def tree(self) -> FileTree:
        """The files as they lie on disk, with the project file of `--config` in its place."""
        from llmops_cli.registry.work_tree import WorkTree  # noqa: PLC0415 - only when the command runs

        tree = WorkTree(self.root)
        config = self.invocation.config
        return tree if config is None else _WithConfig(tree, config)

    @cached_property
    def project(self) -> LoadedProject:
        """The project file with its findings, which `validate` lists."""
        from llmops_cli.registry.project_file import load_project  # noqa: PLC0415 - only when the command runs

        loaded = load_project(self.tree)
        config = self.invocation.config
        if config is None:
            return loaded
        return replace(loaded, findings=tuple(replace(finding, path=str(config)) for finding in loaded.findings))

    @property
    def settings(self) -> ProjectSettings:
        """The settings to work with.

        Raises:
            InvalidFileError: when the project file has errors; working with half of its settings would surprise.
        """
        errors = tuple(finding for finding in self.project.findings if finding.is_error)
        if errors:
            message = f"the project file has {len(errors)} error{'s' if len(errors) > 1 else ''}."
            raise InvalidFileError(message, where=errors[0].path, findings=errors)
        return self.project.settings

    @cached_property
    def catalog(self) -> Catalog:
        """The prompts of the work tree."""
        from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only when the command runs

        return Catalog(self.tree, self.settings)

    @cached_property
    def repository(self) -> GitRepository:
        """The Git repository.

        Raises:
            SetupError: when the folder is not in one, or Git is missing.
        """
        from llmops_cli.registry.git.repository import GitRepository  # noqa: PLC0415 - only when the command runs

        return GitRepository.open(self.root)

    def catalog_at(self, revision: str) -> Catalog:
        """Return the prompts as they were at a Git revision, read with the settings of now."""
        from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only when the command runs

        return Catalog(self.repository.tree_at(revision), self.settings)

    def relative(self, path: str) -> str:
        """Return a path of the command line relative to the root.

        Raises:
            UsageError: when it is outside the repository.
        """
        absolute = (self.invocation.folder / path).resolve()
        if not absolute.is_relative_to(self.root):
            message = f"'{path}' is outside the repository."
            raise UsageError(message, where=str(self.root), hint="Use -C DIR to work on another repository.")
        return "" if absolute == self.root else absolute.relative_to(self.root).as_posix()

    def usable(self, findings: tuple[Finding, ...], path: str) -> None:
        """Raise the errors among `findings`, if any.

        Raises:
            InvalidFileError: with all of them.
        """
        errors = tuple(finding for finding in findings if finding.is_error)
        if errors:
            message = f"the file has {len(errors)} error{'s' if len(errors) > 1 else ''}."
            raise InvalidFileError(message, where=path, findings=errors)


def workspace_of(ctx: typer.Context) -> Workspace:
    """Return a workspace for the run that `ctx` belongs to."""
    return Workspace(invocation_of(ctx))


class _WithConfig:
    """A tree in which another file stands for the project file."""

    def __init__(self, tree: FileTree, config: Path) -> None:
        self._tree = tree
        self._config = config
        self.label = tree.label

    def paths(self, folder: str = "") -> Iterator[str]:
        return self._tree.paths(folder)

    def read(self, path: str) -> bytes:
        if path != PROJECT_FILE:
            return self._tree.read(path)
        try:
            return self._config.read_bytes()
        except OSError as error:
            message = f"the file of --config cannot be read: {error.strerror}."
            raise UsageError(message, where=str(self._config)) from error

    def holds(self, path: str, data: bytes) -> bool:
        return self.read(path) == data if path == PROJECT_FILE else self._tree.holds(path, data)
