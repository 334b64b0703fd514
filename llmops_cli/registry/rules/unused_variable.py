"""Every declared variable is used by a template.

A caller has to pass it, pays for fetching it, and it changes nothing; most often a placeholder was lost
in an edit, and with it the model's view of the very thing that it should work on.

Fails:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables:
  name: {type: string}
  language: {type: string}
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }} in {{ language }}."
variables:
  name: {type: string}
  language: {type: string}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class UnusedVariable:
    """Compares the declared names with those that templates use."""

    name: ClassVar = "unused-variable"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each declared name that no template uses."""
        if any(template.problems for template in context.templates):
            return
        used = {name for template in context.templates for name in template.variable_positions}
        declared = context.prompt.by_name
        for name in declared:
            if name not in used:
                yield Finding(
                    path=context.prompt.path,
                    position=context.document.key_position_of("variables", name),
                    severity=self.severity,
                    rule=self.name,
                    message=f"variable '{name}' is declared and no message uses it.",
                    hint=did_you_mean(name, used - set(declared)) or "Use it in a message, or remove it.",
                )


RULE = UnusedVariable()
