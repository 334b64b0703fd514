"""The price of each model is known.

Without it, `diff` cannot say what a change costs, and no budget in dollars can hold: unknown is not free.
The snapshot of list prices that comes with llmops speaks for exactly the names it lists, so models that
are newer than it, own deployments and special contracts are priced in `llmops.yaml`.

Fails:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: openai/gpt-5-mini-2031-01-31}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

Passes:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
models:
  openai/gpt-5-mini-2031-01-31:
    price: {input_usd_per_million: 0.25, output_usd_per_million: 2.0}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: openai/gpt-5-mini-2031-01-31}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.costs.model_names import FREE_PROVIDERS, split_model
from llmops_cli.registry.costs.prices import price_of
from llmops_cli.registry.prompt_models import models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext

_DATE = re.compile(r"-(20\d\d-\d\d-\d\d|20\d{6}|\d{4})$")


class UnknownPrice:
    """Looks up the price of each model, fallbacks included."""

    name: ClassVar = "unknown-price"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report models without a price, unless their provider is unknown, which says it already."""
        for model, position in models_of(context):
            provider = context.settings.providers.get(split_model(model)[0])
            if provider is None or provider.protocol in FREE_PROVIDERS or price_of(model, context.prices):
                continue
            yield Finding(
                path=context.prompt.path,
                position=position,
                severity=self.severity,
                rule=self.name,
                message=f"the price of '{model}' is unknown.{_sibling(model)}",
                hint=f"Set it in llmops.yaml under `models`: {model}: {{price: {{input_usd_per_million: …, …}}}}",
            )


def _sibling(model: str) -> str:
    """Name the undated model's price: a proposal for a person, never an assumption of ours."""
    undated = _DATE.sub("", model)
    price = price_of(undated) if undated != model else None
    if price is None:
        return ""
    return (
        f" '{undated}' costs ${price.input_usd_per_million:g} in and ${price.output_usd_per_million:g} out "
        f"per million tokens (as of {price.as_of})."
    )


RULE = UnknownPrice()
