"""The ids of a suite's cases are distinct.

Runs are compared case by case, by id. With two cases of one id, the wrong answers are compared.

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
  - {id: ada, variables: {name: Ada Lovelace}}
metrics:
  - {metric: max_words, limit: 30}
gate: {min_cases: 2}
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
  - {id: ada-full, variables: {name: Ada Lovelace}}
metrics:
  - {metric: max_words, limit: 30}
gate: {min_cases: 2}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Position, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import SuiteContext


class DuplicateCaseId:
    """Remembers where each id stood first."""

    name: ClassVar = "duplicate-case-id"
    severity: ClassVar = Severity.ERROR

    def check(self, context: SuiteContext) -> Iterator[Finding]:
        """Report each further case of an id."""
        first: dict[str, tuple[str, Position]] = {}
        for case in context.suite.cases:
            here = (case.path or context.suite.path, Position(case.line))
            there = first.setdefault(case.id, here)
            if there is not here:
                yield Finding(
                    path=here[0],
                    position=here[1],
                    severity=self.severity,
                    rule=self.name,
                    message=f"the id '{case.id}' was used before, in {there[0]} at line {there[1].line}.",
                    hint="Give each case an id of its own; do not reuse the ids of removed cases.",
                    related=(there,),
                )


RULE = DuplicateCaseId()
