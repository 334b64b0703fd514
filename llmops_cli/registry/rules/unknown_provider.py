"""The provider of a model is defined in `llmops.yaml`.

The part before the slash says how the model is reached: protocol, address, and the environment variable
that holds the key. `local`, `echo` and `replay` always exist.

Fails:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: opnai/gpt-5-mini-2025-08-07}
template: "Greet {{ name }}."
variables: {name: {type: string}}
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
template: "Greet {{ name }}."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.costs.model_names import split_model
from llmops_cli.registry.prompt_models import models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class UnknownProvider:
    """Looks up the provider of each model, fallbacks included."""

    name: ClassVar = "unknown-provider"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report models that cannot be reached."""
        providers = context.settings.providers
        for model, position in models_of(context):
            provider, name = split_model(model)
            if provider in providers:
                continue
            if provider:
                message = f"the provider '{provider}' of '{model}' is not defined in llmops.yaml."
                hint = did_you_mean(provider, providers) or f"Define it there under `providers: {provider}:`."
            else:
                message = f"'{name}' is neither `provider/model` nor an alias of llmops.yaml."
                hint = did_you_mean(name, context.settings.models) or f"Known providers: {', '.join(providers)}."
            yield Finding(
                path=context.prompt.path,
                position=position,
                severity=self.severity,
                rule=self.name,
                message=message,
                hint=hint,
            )


RULE = UnknownProvider()
