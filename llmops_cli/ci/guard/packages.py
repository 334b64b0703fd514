"""What runs beside the check: packages that add metrics, rules, providers, targets or reports, and their code."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.ci.file_changes import LOCK_FILES, PIN_FILES
from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown
from llmops_cli.ci.guard.line_changes import line_changes
from llmops_cli.core.installed_parts import GROUPS, installed_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "package"

_BY_NAME = r"llmops[-_](?!cli(?![\w-]))[a-z0-9][\w-]*"
"""A package that calls itself one of ours is known also where it is not installed."""

_COMMENT = re.compile(r"(?:^|\s)#.*")
_OWN_NAME = re.compile(r"\s*name\s*=")
_LOCKED_NAME = re.compile(r"""^name = ["'](.+)["']""", re.MULTILINE)
_TABLE = re.compile(r"^\[\[package\]\]\n", re.MULTILINE)
OWN_PACKAGE = "llmops-cli"
_SECTION = re.compile(r"\s*\[")

Named: TypeAlias = "Callable[[str], Iterator[tuple[int, str]]]"
"""What a file says of the packages that matter: the line, and what stands there."""


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find other requirements on such packages, other entry points, and changed code of theirs in this repository.

    What is installed runs in the process that decides, so every difference holds, one more package too.
    """
    packages = _packages()
    for path in context.sides.files:
        if path in PIN_FILES:
            yield from _requirements(context, path, partial(_lines, packages=packages))
        elif path in LOCK_FILES:
            yield from _requirements(context, path, partial(_locked, packages=packages))
        elif any(path == place or path.startswith(f"{place}/") for place in context.sides.plugin_code):
            yield from line_changes(context, path, kind=KIND, what="code that measures or decides beside the check")


def _packages() -> re.Pattern[str]:
    installed = {part.distribution for group in GROUPS for part in installed_parts(group)}
    # one name is written with hyphens, underscores and dots
    names = [r"[-_.]+".join(map(re.escape, re.split(r"[-_.]+", name))) for name in sorted(installed)]
    return re.compile(rf"(?<![\w.-])(?:{'|'.join([*names, _BY_NAME])})(?![\w-])", re.IGNORECASE)


def _requirements(context: GuardContext, path: str, named: Named) -> Iterator[GateChange]:
    before, after = (list(named(context.text(side, path))) for side in (context.sides.base, context.sides.head))
    old, new = ([line for _, line in lines] for lines in (before, after))
    if old == new:
        return
    gone = [(number, line) for number, line in before if line not in new]
    come = [(number, line) for number, line in after if line not in old]
    number, side = (come[0][0], Side.HEAD) if come else (gone[0][0], Side.BASE) if gone else (after[0][0], Side.HEAD)
    yield GateChange(
        kind=KIND,
        path=path,
        line=number,
        side=side,
        loosens=True,
        message="other packages would add to what measures and decides.",
        base_value=shown(" ".join(line for _, line in gone)) or "(not named)",
        head_value=shown(" ".join(line for _, line in come)) or "(removed)",
    )


def _locked(text: str, packages: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the tables of a lock file about such packages and about llmops itself, each as one line."""
    number = 1
    for table in _TABLE.split(text):
        name = _LOCKED_NAME.search(table)
        if name and (packages.fullmatch(name[1]) or name[1] == OWN_PACKAGE):
            yield number, " ".join(table.split())
        number += table.count("\n") + 1


def _lines(text: str, packages: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that name such a package, and all of a section of entry points."""
    in_entry_points = False
    for number, line in enumerate(text.splitlines(), 1):
        told = _COMMENT.sub("", line).strip()
        if _SECTION.match(told):
            in_entry_points = any(group in told for group in GROUPS)
        if told and (in_entry_points or (packages.search(told) and not _OWN_NAME.match(told))):
            yield number, told
