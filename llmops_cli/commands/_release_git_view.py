"""What `status` asks of Git, at the tip of the protected branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.commands._release_branch import protected_branch

if TYPE_CHECKING:
    from llmops_cli.commands._release_place import Place
    from llmops_cli.commands._workspace import Workspace


class CommitView:
    """The prompts of one branch with their history."""

    def __init__(self, workspace: Workspace, branch: str) -> None:
        """Take the branch; its prompts are read when they are asked for."""
        self._workspace = workspace
        self._commit = workspace.repository.resolve(branch)
        self._catalog = workspace.catalog_at(self._commit)

    def prompt_ids(self) -> tuple[str, ...]:
        """Return the prompts that are there."""
        return self._catalog.prompt_ids()

    def version(self, prompt_id: str) -> tuple[int, str] | None:
        """Return version and digest of a prompt, None when its file cannot be used."""
        prompt = self._catalog.load(prompt_id).prompt
        return (prompt.version, prompt.digest()) if prompt else None

    def commits_since(self, prompt_id: str, digest: str) -> int | None:
        """Return how many commits changed the prompt since it had that digest; None when it never had."""
        from llmops_cli.registry.history.prompt_history import prompt_history  # noqa: PLC0415 - only where they differ

        entries = prompt_history(self._workspace.repository, prompt_id, self._workspace.settings, self._commit)
        return next((number for number, entry in enumerate(entries) if entry.digest == digest), None)

    def eval_is_stale(self, prompt_id: str) -> bool:
        """Tell whether the committed evaluation is of another content, suite or time than now."""
        from llmops_cli.commands._release_evidence import evidence_is_stale  # noqa: PLC0415 - only for status

        return evidence_is_stale(self._catalog, prompt_id)


def git_view(workspace: Workspace, place: Place) -> CommitView | None:
    """Return the view of the repository around us, None where there is none.

    Raises:
        SetupError: there is a repository, but Git cannot read it.
    """
    if not workspace.place.in_git:
        return None
    return CommitView(workspace, protected_branch(workspace.repository, place.settings))
