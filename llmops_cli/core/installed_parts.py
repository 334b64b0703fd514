"""Parts that installed packages offer: read from their metadata once a process, and only when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import Distribution, EntryPoint

GROUPS = ("llmops.metrics", "llmops.rules", "llmops.providers", "llmops.targets", "llmops.reports")
"""The entry-point groups that are read: one for each table that is open."""

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPart:
    """One entry point: its name, `module:attribute`, and the package that has it, by name and with its version."""

    group: str
    name: str
    location: str
    distribution: str
    version: str

    @property
    def package(self) -> str:
        """The package as people are told of it: name and version."""
        return f"{self.distribution} {self.version}".rstrip()


@cache
def installed_parts(group: str) -> tuple[InstalledPart, ...]:
    """Return what installed packages add to a group, in the order of `sys.path`; nothing of them is imported.

    Raises:
        SetupError: the metadata of a package cannot be read; with its name.
    """
    return tuple(_part(entry) for entry in _entry_points() if entry.group == group)


def shown_package(text: str) -> str:
    """Return a name from somebody's metadata as one short line that is safe to print."""
    return shortened(safe_text(text, one_line=True), LONGEST_NAME)


@cache
def _entry_points() -> tuple[EntryPoint, ...]:
    """Scan once for all groups: what costs is reading the files of every installed package."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - costs as much as half of --help

    try:
        found = entry_points()
        return tuple(entry for group in GROUPS for entry in found.select(group=group))
    except Exception as error:
        message = f"the entry points of {_unreadable() or 'an installed package'} cannot be read."
        raise SetupError(message, hint="Its entry_points.txt is damaged: install it again, or uninstall it.") from error


def _unreadable() -> str:
    from importlib.metadata import distributions  # noqa: PLC0415 - as above

    return ", ".join(sorted({shown_package(_name(found)) for found in _damaged(distributions())}))


def _damaged(found: Iterable[Distribution]) -> Iterator[Distribution]:
    for distribution in found:
        try:
            tuple(distribution.entry_points)
        except Exception:  # noqa: BLE001 - whatever it is, this is the package
            yield distribution


def _part(entry: EntryPoint) -> InstalledPart:
    distribution = entry.dist
    return InstalledPart(
        group=entry.group,
        name=entry.name,
        location=entry.value.partition("[")[0].strip(),
        distribution=shown_package(_name(distribution)) if distribution else "another package",
        version=shown_package(_version(distribution)) if distribution else "",
    )


def _name(distribution: Distribution) -> str:
    return str(distribution.metadata["Name"] or "a package without a name")


def _version(distribution: Distribution) -> str:
    return str(distribution.metadata["Version"] or "")
