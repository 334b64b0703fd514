"""The fixed text of the messages does not cost more than `budget.cost_usd_per_call`.

The cheapest possible call sends the text with empty variables and gets an empty answer. When that
already costs more than the budget allows, every call breaks it. Says nothing where the price is unknown
(`unknown-price` does).

Fails:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: openai/gpt-5-mini-2025-08-07}
template: "Greet {{ name }} in the warm tone of a host."
variables: {name: {type: string}}
budget: {cost_usd_per_call: 0.000001}
```

Passes:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: openai/gpt-5-mini-2025-08-07}
template: "Greet {{ name }} in the warm tone of a host."
variables: {name: {type: string}}
budget: {cost_usd_per_call: 0.001}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.costs.prices import price_of
from llmops_cli.registry.costs.tokens import certainly_at_most, count_tokens
from llmops_cli.registry.fixed_text import fixed_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class CostBudget:
    """Prices the fixed text, if its size in bytes does not settle it."""

    name: ClassVar = "cost-budget"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report text that costs more than the budget even without its variables and answer."""
        limit = context.prompt.budget.cost_usd_per_call
        model = context.settings.resolve_model(context.prompt.model.name)
        price = price_of(model, context.prices) if limit is not None else None
        if limit is None or price is None or not price.input_usd_per_million:
            return
        text, certain = fixed_text(context.prompt)
        usd_per_token = price.input_usd_per_million / 1_000_000
        if certainly_at_most(text, model, int(limit / usd_per_token)):
            return
        count = count_tokens(text, model)
        cost = count.tokens * usd_per_token
        if cost <= limit:
            return
        certain = certain and cost * (1 - count.error_fraction) > limit
        yield Finding(
            path=context.prompt.path,
            position=context.document.position_of("budget", "cost_usd_per_call"),
            severity=self.severity if certain else Severity.WARNING,
            rule=self.name,
            message=f"the text alone costs ${cost:.6f} a call; the budget is ${limit:.6f}.",
            hint="Shorten the text, choose a cheaper model, or raise the budget.",
        )


RULE = CostBudget()
