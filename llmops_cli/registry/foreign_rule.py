"""A rule of another package: what it finds carries its own name, and what it raises ends the command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from llmops_cli.core.attribute_types import wrong_attribute
from llmops_cli.core.errors import LlmopsError, SetupError
from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.registry.rules import KINDS, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import Rule, RuleContext

_FINDING = {"path": str, "position": Position, "severity": Severity, "message": str, "hint": str, "related": tuple}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRule:
    """The rule with what its package may leave out."""

    name: str
    kind: str
    inner: Rule

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Yield what the rule finds. A rule that crashes has checked nothing, which is no pass.

        Raises:
            SetupError: the rule raised something, or gave something that is no finding.
        """
        try:
            found: tuple[object, ...] = tuple(self.inner.check(context))
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:
            raise RULES.broken(self.name, error) from error
        for finding in found:
            if not isinstance(finding, Finding) or wrong_attribute(finding, _FINDING):
                wrong = wrong_attribute(finding, _FINDING)
                why = f"it gave a {type(finding).__name__} that is no finding ({wrong})"
                raise RULES.no_such_part(self.name, why)
            yield finding if finding.rule == self.name else replace(finding, rule=self.name)


def foreign_rules() -> tuple[ForeignRule, ...]:
    """Return the rules that installed packages add; every one of them runs, so every one of them has to work.

    Raises:
        SetupError: one cannot be loaded, is no rule, or has a name that cannot be used.
    """
    for sentence in RULES.refused().values():
        raise SetupError(sentence, hint="A rule that does not run checks nothing: rename it in its package.")
    return tuple(foreign_rule(name) for name in RULES.others())


def foreign_rule(name: str) -> ForeignRule:
    """Return one rule of another package.

    Raises:
        SetupError: it cannot be loaded, or is no rule.
    """
    rule = cast("Rule", RULES.resolve(name))
    kind = getattr(rule, "kind", "file")
    if rule.name != name:
        raise RULES.no_such_part(name, f"it calls itself '{rule.name}'")
    if wrong_attribute(rule, {"severity": Severity}):
        raise RULES.no_such_part(name, "its severity is no `llmops_cli.core.findings.Severity`")
    if kind not in KINDS:
        raise RULES.no_such_part(name, f"its kind is none of {', '.join(KINDS)}")
    if isinstance(rule, type) or not callable(rule.check):
        raise RULES.no_such_part(name, "the entry point has to name an instance with a method check")
    return ForeignRule(name=name, kind=kind, inner=rule)
