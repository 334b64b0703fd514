"""A change that can break the applications that call the prompt.

The deployed application does not change with the prompt. A new required variable makes its next call
fail; a property that leaves the output schema makes its parser fail. Compared with the base revision;
`llmops diff` shows the compatible changes too.

Fails:

```yaml base:prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/greet.yaml
id: greet
version: 2
model: {name: local/smollm2-135m}
template: "Greet {{ name }} in {{ language }}."
variables: {name: {type: string}, language: {type: string}}
```

Passes:

```yaml base:prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/greet.yaml
id: greet
version: 2
model: {name: local/smollm2-135m}
template: "Greet {{ name }} in {{ language }}."
variables: {name: {type: string}, language: {type: string, default: English}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.diff.interface import interface_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext

_HINTS = {
    "variables": "Give it a default or keep the old form until every caller is changed; or publish a new id.",
    "output": "Change the callers first, or publish a new id.",
    "tools": "Deploy the application that answers it first, or publish a new id.",
}


class InterfaceBreak:
    """Compares what callers rely on with the base revision."""

    name: ClassVar = "interface-break"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each breaking change."""
        if context.base is None or context.base is context.prompt:
            return  # nothing to compare with, or the very same file
        for change in interface_changes(context.base, context.prompt):
            if change.breaking:
                keys = tuple(change.path.split("."))
                yield Finding(
                    path=context.prompt.path,
                    position=context.document.key_position_of(*keys),
                    severity=self.severity,
                    rule=self.name,
                    message=f"{change.message}.",
                    hint=_HINTS[keys[0]],
                )


RULE = InterfaceBreak()
