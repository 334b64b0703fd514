"""Interchangeable parts: a literal table per folder, resolved on use, open to third parties."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a table: where the part is, of which kind it is, and what it does in one line."""

    location: str
    kind: str
    summary: str


class PartTable:
    """The parts of one folder, by name.

    `group` is the entry-point group through which other packages add parts (`llmops.metrics`); their
    names never replace ours. Nothing is imported until `resolve` is called.
    """

    def __init__(self, *, noun: str, group: str, parts: Mapping[str, Part]) -> None:
        """Take the literal rows; `noun` is the word that messages use (`metric`, `rule`)."""
        self.noun = noun
        self.group = group
        self._parts = dict(parts)
        self._extended = False

    def __contains__(self, name: object) -> bool:
        """Tell whether a part of that name exists here or in an installed package."""
        return name in self._parts or name in self._all()

    def __iter__(self) -> Iterator[str]:
        """Walk the names, ours first in the order of the table."""
        return iter(self._all())

    def row(self, name: str) -> Part:
        """Return the row of `name`.

        Raises:
            UsageError: when there is no such part; with the nearest name as hint.
        """
        if name in self._parts:
            return self._parts[name]
        known = self._all()
        if name not in known:
            message = f"unknown {self.noun} '{name}'."
            raise UsageError(message, hint=did_you_mean(name, known) or f"Known are: {', '.join(sorted(known))}.")
        return known[name]

    def resolve(self, name: str) -> object:
        """Import and return the part called `name`.

        Raises:
            UsageError: when there is no such part.
            SetupError: when its module needs a package that is not installed.
        """
        module_name, _, attribute = self.row(name).location.partition(":")
        try:
            return getattr(import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            message = f"{self.noun} '{name}' needs the Python package '{error.name}', which is not installed."
            raise SetupError(message) from error

    def _all(self) -> Mapping[str, Part]:
        if not self._extended:
            # the metadata machinery costs as much as half of --help, and most commands never list parts
            from importlib.metadata import entry_points  # noqa: PLC0415

            for entry in entry_points(group=self.group):
                package = entry.dist.name if entry.dist else "another package"
                self._parts.setdefault(entry.name, Part(entry.value, "third party", f"from {package}"))
            self._extended = True
        return self._parts
