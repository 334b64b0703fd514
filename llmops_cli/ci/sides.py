"""The two sides of a change, as values for everything that compares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.file_changes import FileChange
    from llmops_cli.registry.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Sides:
    """The registry at the base and at the head, each read with its own settings, and the files that differ.

    `plugin_code` are the folders and modules of the repository that installed parts come from.
    """

    base: Catalog
    head: Catalog
    files: Mapping[str, FileChange]
    plugin_code: frozenset[str] = frozenset()

    def prompt_ids(self) -> tuple[str, ...]:
        """Return every prompt of either side, sorted."""
        return tuple(sorted({*self.base.prompt_ids(), *self.head.prompt_ids()}))
