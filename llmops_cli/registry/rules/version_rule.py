"""A version number stands for one content for ever: it rises by one with each change, and only then.

`summarize-email-v3` is what people write into tickets and what an application pins. If the text changes
and the number stays, two contents share a name; if the number rises and nothing changed, a rollback to
the version before does nothing. Compared with the base revision (`validate --base main`).

Fails:

```yaml base:prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }} politely."
variables: {name: {type: string}}
```

Passes:

```yaml base:prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/greet.yaml
id: greet
version: 2
model: {name: local/smollm2-135m}
template: "Greet {{ name }} politely."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.rules.rule import RuleContext


class VersionRule:
    """Compares version and digest with the base and its history."""

    name: ClassVar = "version-rule"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report a version that the content does not ask for."""
        if context.base_versions is None or context.base is context.prompt:
            return  # nothing to compare with, or the very same file
        problem = _problem(context.prompt, context.base, context.base_versions)
        if problem:
            yield Finding(
                path=context.prompt.path,
                position=context.document.position_of("version"),
                severity=self.severity,
                rule=self.name,
                message=problem,
                hint=f"Run: llmops bump {context.prompt.id}",
            )


def _problem(prompt: Prompt, base: Prompt | None, versions: Mapping[int, str]) -> str:
    digest = prompt.digest()
    if base is not None and base.digest() == digest:
        if prompt.version == base.version:
            return ""
        return f"the content is that of version {base.version}, so the version stays {base.version}."
    taken = {**versions, **({base.version: base.digest()} if base else {})}
    expected = max(taken, default=0) + 1
    if prompt.version == expected:
        return ""
    if prompt.version in taken:
        known = short_digest(taken[prompt.version])
        return f"version {prompt.version} is taken by other content ({known}); this content is version {expected}."
    return f"version {prompt.version} is not the next one: this content is version {expected}."


RULE = VersionRule()
