"""A loop does not take the name of a declared variable.

Inside `{% for email in emails %}` the caller's `email` cannot be reached, and after the loop it is back:
one name, two meanings, and an edit that moves a line changes what the model reads.

Fails:

```yaml prompts/list-items.yaml
id: list-items
version: 1
model: {name: local/smollm2-135m}
template: "About {{ item }}: {% for item in items %}{{ item }} {% endfor %}"
variables:
  item: {type: string}
  items: {type: array}
```

Passes:

```yaml prompts/list-items.yaml
id: list-items
version: 1
model: {name: local/smollm2-135m}
template: "About {{ item }}: {% for each in items %}{{ each }} {% endfor %}"
variables:
  item: {type: string}
  items: {type: array}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.templates.places import position_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class ShadowedVariable:
    """Compares the names that loops bind with the declared ones."""

    name: ClassVar = "shadowed-variable"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each loop name that hides a variable."""
        declared = {variable.name for variable in context.prompt.variables}
        for number, template in enumerate(context.templates):
            for name, position in template.loop_names.items():
                if name in declared:
                    yield Finding(
                        path=context.prompt.path,
                        position=position_in_file(context.document, number, position),
                        severity=self.severity,
                        rule=self.name,
                        message=f"the loop's '{name}' hides the variable '{name}'.",
                        hint="Give the loop a name of its own.",
                    )


RULE = ShadowedVariable()
