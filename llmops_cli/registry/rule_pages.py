"""The page of a rule: what it catches and why, with a failing and a passing example, from its docstring."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from llmops_cli.core.findings import Severity
from llmops_cli.registry.documents.reading_pages import READING_PAGES
from llmops_cli.registry.rules import RULES

if TYPE_CHECKING:
    from llmops_cli.registry.rules.rule import Rule

_FENCE = re.compile(r"^```yaml (?P<base>base:)?(?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FAILS = "\nFails:\n"
_PASSES = "\nPasses:\n"
_WARNINGS_OF_READING = frozenset({"byte-order-mark", "baseline-all-zero"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleFile:
    """One file of an example; `in_base` when it stands in the revision that is compared with."""

    path: str
    text: str
    in_base: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """What a person is told about a rule. Some rules of reading (kind `parser`) have a summary only."""

    name: str
    kind: str
    severity: Severity
    summary: str
    why: str = ""
    failing: tuple[ExampleFile, ...] = ()
    passing: tuple[ExampleFile, ...] = ()


def rule_page(name: str) -> RulePage:
    """Return the page of one rule.

    Raises:
        UsageError: when there is no such rule; with the nearest name as hint.
    """
    row = RULES.row(name)
    if row.kind == "parser":
        severity = Severity.WARNING if name in _WARNINGS_OF_READING else Severity.ERROR
        text = READING_PAGES.get(name, "")
    else:
        rule = cast("Rule", RULES.resolve(name))
        severity = rule.severity
        text = (sys.modules[type(rule).__module__].__doc__ or "").partition("\n\n")[2]
    why, _, examples = text.partition(_FAILS)
    failing, _, passing = examples.partition(_PASSES)
    return RulePage(
        name=name,
        kind=row.kind,
        severity=severity,
        summary=row.summary,
        why=why.strip(),
        failing=_files(failing),
        passing=_files(passing),
    )


def _files(text: str) -> tuple[ExampleFile, ...]:
    return tuple(
        ExampleFile(path=match["path"], text=match["text"], in_base=bool(match["base"]))
        for match in _FENCE.finditer(text)
    )
