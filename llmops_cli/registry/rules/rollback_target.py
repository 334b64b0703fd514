"""`rollback_to` names an earlier version that exists.

It is read in the middle of an incident. A pointer to the version itself, to a later one or to one that
never was turns a rollback of seconds into a search. Pointers that only lead to older versions cannot
form a cycle. Whether the version existed is checked where the history is known (`validate --base main`).

Fails:

```yaml prompts/greet.yaml
id: greet
version: 2
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
rollback_to: 2
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 2
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
rollback_to: 1
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class RollbackTarget:
    """Checks the pointer against the version and, when known, the history."""

    name: ClassVar = "rollback-target"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report a pointer that does not lead to an earlier version."""
        target, version = context.prompt.rollback_to, context.prompt.version
        if target is None:
            return
        message = ""
        known = set(context.base_versions or ()) | ({context.base.version} if context.base else set())
        if target >= version:
            message = f"`rollback_to: {target}` is not older than version {version}."
        elif context.base_versions is not None and target not in known:
            message = f"version {target} of '{context.prompt.id}' is not in the history of the base."
        if message:
            older = sorted(number for number in known if number < version)
            choice = f" Known: {', '.join(map(str, older[-5:]))}." if older else ""
            yield Finding(
                path=context.prompt.path,
                position=context.document.position_of("rollback_to"),
                severity=self.severity,
                rule=self.name,
                message=message,
                hint=f"Name an earlier version, or leave the field out: the newest earlier one is the default.{choice}",
            )


RULE = RollbackTarget()
