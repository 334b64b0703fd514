"""The model is named by a fixed snapshot, not by an alias that its maker moves.

Behind `openai/gpt-5-mini` or `…-latest` another model can stand tomorrow, without a commit: scores move,
the baseline no longer compares, and no diff explains it. Which names move depends on the maker
(`registry/costs/model_names.py` says how each names its models).

Fails:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: openai/gpt-5-mini}
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
from llmops_cli.registry.costs.model_names import is_floating_alias
from llmops_cli.registry.prompt_models import models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class FloatingModel:
    """Asks for each model, fallbacks included, whether its name is fixed."""

    name: ClassVar = "floating-model"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report names that may mean another model tomorrow."""
        for model, position in models_of(context):
            if is_floating_alias(model):
                yield Finding(
                    path=context.prompt.path,
                    position=position,
                    severity=self.severity,
                    rule=self.name,
                    message=f"'{model}' can become another model without a commit.",
                    hint="Name a dated snapshot of it; where its maker offers none, run its suite regularly.",
                )


RULE = FloatingModel()
