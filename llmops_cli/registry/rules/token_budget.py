"""The fixed text of the messages fits into `budget.prompt_tokens`.

The budget is the ceiling of one rendered prompt. When the text alone is larger, every call breaks it.
What the variables add is counted where there are values: `llmops render` and `llmops eval`. Text inside
`{% if %}` or `{% for %}` may not be sent at all; then the finding is a warning.

Fails:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: |
  Greet {{ name }} in the warm and personal tone of a host who has known the
  guest for many years.
variables: {name: {type: string}}
budget: {prompt_tokens: 10}
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: |
  Greet {{ name }} in the warm and personal tone of a host who has known the
  guest for many years.
variables: {name: {type: string}}
budget: {prompt_tokens: 200}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.costs.tokens import certainly_at_most, count_tokens
from llmops_cli.registry.fixed_text import fixed_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class TokenBudget:
    """Counts the fixed text, if its size in bytes does not settle it."""

    name: ClassVar = "token-budget"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report text that is larger than the budget even without its variables."""
        limit = context.prompt.budget.prompt_tokens
        if limit is None:
            return
        text, certain = fixed_text(context.prompt)
        model = context.settings.resolve_model(context.prompt.model.name)
        if certainly_at_most(text, model, limit):
            return
        count = count_tokens(text, model)
        if count.tokens <= limit:
            return
        certain = certain and count.tokens * (1 - count.error_fraction) > limit
        about = "" if count.exact else f"about (± {count.error_fraction:.0%}) "
        yield Finding(
            path=context.prompt.path,
            position=context.document.position_of("budget", "prompt_tokens"),
            severity=self.severity if certain else Severity.WARNING,
            rule=self.name,
            message=f"the text has {about}{count.tokens} tokens before its variables; the budget is {limit}.",
            hint="Shorten the text, or raise the budget.",
        )


RULE = TokenBudget()
