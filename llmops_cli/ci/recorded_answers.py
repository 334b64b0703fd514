"""Committed answers that a change edits: adding some changes no earlier verdict, editing one does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from llmops_cli.ci.file_changes import FileChange

if TYPE_CHECKING:
    from llmops_cli.ci.sides import Sides
    from llmops_cli.registry.catalog import Catalog


def edited_recordings(sides: Sides) -> frozenset[str]:
    """Return the files of recordings in which an answer of the base is no longer as it was."""
    folders = tuple({f"{catalog.settings.paths.evals}/recordings/" for catalog in (sides.base, sides.head)})
    return frozenset(
        path
        for path, change in sides.files.items()
        if path.startswith(folders) and change is not FileChange.ADDED and not _only_added(sides, path)
    )


def recordings_path(catalog: Catalog, model: str) -> str:
    """Return where the answers of a model are committed; `gateway.recordings` writes them there."""
    provider, _, name = catalog.settings.resolve_model(model).partition("/")
    return f"{catalog.settings.paths.evals}/recordings/{quote(provider, safe='')}/{quote(name, safe='')}.jsonl"


def _only_added(sides: Sides, path: str) -> bool:
    if sides.files[path] is FileChange.REMOVED:
        return False
    before, after = (catalog.tree.read(path).splitlines() for catalog in (sides.base, sides.head))
    return set(before) <= set(after)
