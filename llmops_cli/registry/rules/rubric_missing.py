"""A judge's rubric is a file that exists and can be used.

The path is relative to the suite's folder. Without the rubric the judge has nothing to judge by.

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
  - {metric: judge, rubric: rubrics/polite.yaml, model: replay/some-judge}
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

```yaml evals/rubrics/polite.yaml
id: polite
version: 1
criteria: The greeting is polite.
scale: {choices: [{name: polite, score: 1}, {name: rude, score: 0}]}
```

```yaml evals/greet.yaml
prompt: greet
cases:
  - {id: ada, variables: {name: Ada}}
metrics:
  - {metric: judge, rubric: rubrics/polite.yaml, model: replay/some-judge}
gate: {min_cases: 1}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.suite_judges import load_rubric, placed_judges, rubric_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import SuiteContext


class RubricMissing:
    """Reads the rubrics that the suite's metrics name."""

    name: ClassVar = "rubric-missing"
    severity: ClassVar = Severity.ERROR

    def check(self, context: SuiteContext) -> Iterator[Finding]:
        """Report a rubric that is not there or has errors of its own."""
        for place, _, spec in placed_judges(context.suite, context.document):
            named = spec.parameters.get("rubric")
            if not isinstance(named, str):
                continue
            path = rubric_path(named, context.suite.path)
            parsed = load_rubric(context.catalog, path) if path else None
            if parsed is not None and parsed.rubric is not None:
                continue
            what = f"the rubric '{path}' has errors." if parsed else f"there is no rubric '{named}'."
            hint = f"llmops validate {path}" if parsed else "The path is relative to the folder of the suite file."
            yield Finding(
                path=context.suite.path,
                position=context.document.position_of(*place, "rubric"),
                severity=self.severity,
                rule=self.name,
                message=what,
                hint=hint,
            )


RULE = RubricMissing()
