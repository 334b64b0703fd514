"""Runs the rules of the table over one prompt, one suite or one text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.findings import Finding
    from llmops_cli.registry.foreign_rule import ForeignRule
    from llmops_cli.registry.rules.rule import Rule, RuleContext, SuiteContext, SuiteRule, TextContext, TextRule


def prompt_findings(context: RuleContext) -> Iterator[Finding]:
    """Yield what the rules over one prompt find: ours, other packages', and with a base those of history."""
    kinds = ("file", "repository", *(("history",) if context.base_versions is not None else ()))
    for kind in kinds:
        for rule in _rules_of(kind):
            yield from cast("Rule", rule).check(context)


def suite_findings(context: SuiteContext) -> Iterator[Finding]:
    """Yield what the rules of kind `suite` find in a suite and its cases."""
    for rule in _rules_of("suite"):
        yield from cast("SuiteRule", rule).check(context)


def text_findings(context: TextContext) -> Iterator[Finding]:
    """Yield what the rules of kind `text` find; for every file, also one that does not parse."""
    for rule in _rules_of("text"):
        yield from cast("TextRule", rule).check(context)


@cache
def _rules_of(kind: str) -> tuple[object, ...]:
    from llmops_cli.registry.rules import RULES  # noqa: PLC0415 - the table loads when the first file is checked

    ours = (RULES.resolve(name) for name in RULES.own() if RULES.row(name).kind == kind)
    return (*ours, *(rule for rule in _foreign_rules() if rule.kind == kind))


@cache
def _foreign_rules() -> tuple[ForeignRule, ...]:
    from llmops_cli.registry.foreign_rule import foreign_rules  # noqa: PLC0415 - as above

    return foreign_rules()
