"""Every prompt has a suite.

Without cases nobody can say whether a change made the prompt better or worse, the gate has nothing to
decide on, and `publish` will refuse it.

Fails:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
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

```yaml evals/greet.yaml
prompt: greet
cases:
  - {id: ada, variables: {name: Ada}}
metrics:
  - {metric: max_words, limit: 30}
gate: {min_cases: 1}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class SuiteMissing:
    """Asks the catalog for the prompt's suite."""

    name: ClassVar = "suite-missing"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report a prompt that nothing evaluates."""
        if context.catalog.suite_path_of(context.prompt.id) is None:
            yield Finding(
                path=context.prompt.path,
                position=context.document.position_of("id"),
                severity=self.severity,
                rule=self.name,
                message=f"prompt '{context.prompt.id}' has no suite.",
                hint=f"Write {context.settings.paths.evals}/{context.prompt.id}.yaml with its cases and metrics.",
            )


RULE = SuiteMissing()
