"""Every case is scored by at least one metric, of the suite or its own.

A case that nothing scores costs a model call and can only pass. In a leading tool it even passes with
full marks.

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
gate: {min_cases: 1}
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
  - id: ada
    variables: {name: Ada}
    metrics: [{metric: contains, expected: Ada}]
gate: {min_cases: 1}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Position, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import SuiteContext


class CaseWithoutMetric:
    """Looks for cases with no metric at all."""

    name: ClassVar = "case-without-metric"
    severity: ClassVar = Severity.ERROR

    def check(self, context: SuiteContext) -> Iterator[Finding]:
        """Report cases that nothing scores."""
        if context.suite.metrics:
            return
        for case in context.suite.cases:
            if not case.metrics:
                yield Finding(
                    path=case.path or context.suite.path,
                    position=Position(case.line),
                    severity=self.severity,
                    rule=self.name,
                    message=f"nothing scores case '{case.id}': neither the suite nor the case has a metric.",
                    hint="Add `metrics` to the suite or to the case. List them: llmops metrics list",
                )


RULE = CaseWithoutMetric()
