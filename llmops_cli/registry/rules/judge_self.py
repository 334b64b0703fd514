"""A judge is another model than the one it judges, and somebody is named to judge.

Models prefer their own answers, and fail in the same places as themselves. Take a judge of another family. A judge
is named by the metric, by the rubric, or as `default` under `judges:` in llmops.yaml.

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
  - metric: judge_checklist
    points: ["Is it polite?"]
    model: local/smollm2-135m
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
  - {id: ada, variables: {name: Ada}}
metrics:
  - metric: judge_checklist
    points: ["Is it polite?"]
    model: replay/another-judge
gate: {min_cases: 1}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.suite_judges import judge_names, judge_settings_of, load_rubric, placed_judges, rubric_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.suites import MetricSpec
    from llmops_cli.registry.rules.rule import SuiteContext


class JudgeSelf:
    """Compares the judges of a suite with the model of its prompt."""

    name: ClassVar = "judge-self"
    severity: ClassVar = Severity.WARNING

    def check(self, context: SuiteContext) -> Iterator[Finding]:
        """Report a judge that judges itself, and a metric that nobody judges."""
        for place, called, spec in placed_judges(context.suite, context.document):
            yield from self._problems(context, place, called, spec)

    def _problems(
        self, context: SuiteContext, place: tuple[str | int, ...], called: str, spec: MetricSpec
    ) -> Iterator[Finding]:
        path = rubric_path(str(spec.parameters.get("rubric", "")), context.suite.path)
        parsed = load_rubric(context.catalog, path) if "rubric" in spec.parameters and path else None
        names = judge_names(spec, parsed.rubric if parsed else None, context.settings)
        # a rubric that is missing or broken may name one: that it is, is said elsewhere
        unread = "rubric" in spec.parameters and (parsed is None or parsed.rubric is None)
        if not names and not unread:
            yield self._finding(
                context,
                place,
                f"nobody is named to judge {called}.",
                "Write model: in the metric, judge: in the rubric, or judges: {default: {model: …}} in llmops.yaml.",
            )
        subject = self._subject(context)
        for name in names:
            if subject and judge_settings_of(name, context.settings).model == subject:
                yield self._finding(
                    context,
                    place,
                    f"{called} lets {subject} judge its own answers.",
                    "Take a judge of another family: models prefer what they would have said.",
                )

    def _subject(self, context: SuiteContext) -> str:
        path = context.catalog.path_of(context.suite.prompt_id)
        prompt = context.catalog.load_path(path).prompt if path else None
        return context.settings.resolve_model(prompt.model.name) if prompt else ""

    def _finding(self, context: SuiteContext, place: tuple[str | int, ...], message: str, hint: str) -> Finding:
        return Finding(
            path=context.suite.path,
            position=context.document.position_of(*place, "model"),
            severity=self.severity,
            rule=self.name,
            message=message,
            hint=hint,
        )


RULE = JudgeSelf()
