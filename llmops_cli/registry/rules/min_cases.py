"""A suite has at least as many cases as its gate asks for.

With few cases chance decides: the gate could only see very large changes and will say "inconclusive".
The default of 20 is set by `gate.min_cases` in the suite or in `llmops.yaml`.

Fails:

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
  - {id: grace, variables: {name: Grace}}
metrics:
  - {metric: max_words, limit: 30}
gate: {min_cases: 2}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import SuiteContext


class MinCases:
    """Counts the cases."""

    name: ClassVar = "min-cases"
    severity: ClassVar = Severity.WARNING

    def check(self, context: SuiteContext) -> Iterator[Finding]:
        """Report a suite that is too small for its gate."""
        count, needed = len(context.suite.cases), context.suite.gate.min_cases
        if count < needed:
            yield Finding(
                path=context.suite.path,
                position=context.document.position_of("gate", "min_cases"),
                severity=self.severity,
                rule=self.name,
                message=f"the suite has {count} {'case' if count == 1 else 'cases'}; its gate asks for {needed}.",
                hint="Add cases from real traffic and failures, or lower gate.min_cases and accept a blunter gate.",
            )


RULE = MinCases()
