"""What a shallow clone does not know, said before anybody relies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.commands._console import Console
    from llmops_cli.registry.history.prompt_history import GitVersions


def warn_of_unknown_versions(console: Console, versions: GitVersions) -> None:
    """Say that versions from before the edge of a shallow clone are not seen, and how to fetch them."""
    if versions.cut_off:
        console.note(
            "This clone is shallow: versions from before its edge are not known, and a number may be taken already. "
            "Fetch them: git fetch --unshallow (in actions/checkout: fetch-depth: 0)"
        )
