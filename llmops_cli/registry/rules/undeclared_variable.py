"""Every variable that a template uses is declared.

Otherwise nobody knows its type, no caller learns that it is needed, and a misspelled name is found by a
customer. A default in the template does not help: `{{ nmae | default("you") }}` hides the typo for ever.

Fails:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ nmae }} by the name of {{ name }}."
variables: {name: {type: string}}
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import shortened
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents.text_policy import mixed_scripts
from llmops_cli.registry.templates.places import position_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class UndeclaredVariable:
    """Compares the names that templates use with the declared ones."""

    name: ClassVar = "undeclared-variable"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each undeclared name at its first use."""
        declared = {variable.name for variable in context.prompt.variables}
        reported: set[str] = set()
        for number, template in enumerate(context.templates):
            for name, position in template.variable_positions.items():
                if name in declared or name in reported:
                    continue
                reported.add(name)
                mixed = mixed_scripts(name)
                yield Finding(
                    path=context.prompt.path,
                    position=position_in_file(context.document, number, position),
                    severity=self.severity,
                    rule=self.name,
                    message=f"the template uses '{shortened(name, 64)}', which is not declared."
                    + (f" It {mixed}." if mixed else ""),
                    hint=did_you_mean(name, declared) or "Declare it under `variables`, with its type.",
                )


RULE = UndeclaredVariable()
