"""Interchangeable parts: a literal table per folder, resolved on use, open to third parties where it says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.installed_parts import installed_parts, shown_package
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.installed_parts import InstalledPart

THIRD_PARTY = "third party"
"""The kind of every part that another package brings."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LONGEST_NAME = 64
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a table: where the part is, of which kind it is, and what it does in one line.

    `package` is the package that brings it, with its version; empty for ours.
    """

    location: str
    kind: str
    summary: str
    package: str = ""


class PartTable:
    """The parts of one folder, by name.

    `group` is the entry-point group through which other packages add parts (`llmops.metrics`); without one the
    table is closed. Their names never replace ours. Nothing is imported until `resolve` is called, and no package
    is looked at before a name is asked for that is not ours.
    """

    def __init__(
        self,
        *,
        noun: str,
        parts: Mapping[str, Part],
        group: str = "",
        needs: tuple[str, ...] = (),
        reserved: tuple[str, ...] = (),
    ) -> None:
        """Take the literal rows; `noun` is the word that messages use (`metric`, `rule`).

        `needs` are the attributes without which a part of another package is none, `reserved` names that mean
        something already where parts are named.
        """
        self.noun = noun
        self.group = group
        self._parts = dict(parts)
        self._needs = needs
        self._reserved = frozenset(reserved)
        self._others: _Others | None = None

    def __contains__(self, name: object) -> bool:
        """Tell whether a part of that name exists here or in an installed package."""
        return name in self._parts or name in self._foreign().rows

    def __iter__(self) -> Iterator[str]:
        """Walk the names, ours first in the order of the table."""
        yield from self._parts
        yield from self._foreign().rows

    def own(self) -> Iterator[str]:
        """Walk our names; no package is looked at."""
        return iter(self._parts)

    def others(self) -> Iterator[str]:
        """Walk the names that installed packages add."""
        return iter(self._foreign().rows)

    def refused(self) -> Mapping[str, str]:
        """Return the names that packages add and that cannot be used, each with the sentence that says why."""
        return self._foreign().refused

    def row(self, name: str) -> Part:
        """Return the row of `name`.

        Raises:
            UsageError: when there is no such part; with the nearest name as hint.
            SetupError: when a package has one of that name that cannot be used.
        """
        if name in self._parts:
            return self._parts[name]
        others = self._foreign()
        if name in others.rows:
            return others.rows[name]
        if name in others.refused:
            raise SetupError(others.refused[name])
        known = list(self)
        message = f"unknown {self.noun} '{shortened(safe_text(name, one_line=True), 80)}'."
        raise UsageError(message, hint=did_you_mean(name, known) or f"Known are: {', '.join(sorted(known))}.")

    def resolve(self, name: str) -> object:
        """Import and return the part called `name`.

        Raises:
            UsageError: when there is no such part.
            SetupError: when its module needs a package that is not installed, or is one of another package that
                cannot be loaded or is no such part.
        """
        row = self.row(name)
        try:
            part = _loaded(row.location)
        except ModuleNotFoundError as error:
            own_module = f"{row.location.partition(':')[0]}."
            if row.package and own_module.startswith(f"{error.name}."):
                raise self.broken(name, error) from error
            message = f"{self._told(name)} needs the Python package '{error.name}', which is not installed."
            raise SetupError(message) from error
        except (Exception, SystemExit) as error:
            if not row.package:
                raise
            raise self.broken(name, error) from error
        missing = [attribute for attribute in self._needs if row.package and not _has(part, attribute)]
        if missing:
            raise self.no_such_part(name, f"it has no {' and no '.join(missing).replace('__call__', 'call')}")
        return part

    def broken(self, name: str, error: BaseException) -> SetupError:
        """Return the error for a part of another package that raised what it must not raise."""
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        shown = shortened(safe_text(what, one_line=True), _LONGEST_REASON).rstrip(".")
        return SetupError(f"{self._told(name)} does not work: {shown}.", hint=self._remedy(name))

    def no_such_part(self, name: str, why: str) -> SetupError:
        """Return the error for a part of another package that is not what its entry point says; `why` is a clause."""
        return SetupError(f"{self._told(name)} is no {self.noun}: {why}.", hint=self._remedy(name))

    def _told(self, name: str) -> str:
        package = self.row(name).package
        return f"{self.noun} '{name}'" + (f" of {package}" if package else "")

    def _remedy(self, name: str) -> str:
        return f"Tell the authors of {self.row(name).package}, or uninstall it."

    def _foreign(self) -> _Others:
        if self._others is None:
            found = installed_parts(self.group) if self.group else ()
            self._others = _sorted_out(self.noun, found, self._parts.keys() | self._reserved)
        return self._others


@dataclass(frozen=True, slots=True, kw_only=True)
class _Others:
    """What installed packages add: rows that can be used, and sentences about names that cannot."""

    rows: Mapping[str, Part]
    refused: Mapping[str, str]


def _sorted_out(noun: str, found: tuple[InstalledPart, ...], ours: frozenset[str] | set[str]) -> _Others:
    by_name: dict[str, dict[str, InstalledPart]] = {}
    for part in found:
        by_name.setdefault(part.name, {})[part.package] = part
    rows: dict[str, Part] = {}
    refused: dict[str, str] = {}
    for name, parts in by_name.items():
        packages = " and ".join(sorted(parts))
        shown = shown_package(name)
        if name in ours:
            refused[name] = f"{packages} adds a {noun} '{shown}', but llmops has one of that name: ours is used."
        elif not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            refused[name] = (
                f"{packages} adds a {noun} '{shown}', which is no valid name (lower-case words joined by - or _)."
            )
        elif len(parts) > 1:
            refused[name] = f"{noun} '{shown}' is in several packages: {packages}. Uninstall all but one."
        else:
            ((package, part),) = parts.items()
            rows[name] = Part(part.location, THIRD_PARTY, f"from {package}", package)
    return _Others(rows=rows, refused=refused)


def _loaded(location: str) -> object:
    module_name, _, attribute = location.partition(":")
    module = import_module(module_name)
    return reduce(getattr, attribute.split("."), module) if attribute else module


def _has(part: object, attribute: str) -> bool:
    if attribute == "__call__":
        return callable(part)
    return hasattr(part, attribute)
