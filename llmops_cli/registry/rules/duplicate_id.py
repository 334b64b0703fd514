"""One id belongs to one file of the repository, upper and lower case not told apart.

With two files for one id it is chance which of them is served, and a file system that ignores case
(macOS, Windows) or Unicode composition shows one of them only.

Fails:

```yaml prompts/sales/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/support/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Welcome {{ name }}."
variables: {name: {type: string}}
```

Passes:

```yaml prompts/sales/greet-buyer.yaml
id: greet-buyer
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

```yaml prompts/support/greet-customer.yaml
id: greet-customer
version: 1
model: {name: local/smollm2-135m}
template: "Welcome {{ name }}."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Position, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class DuplicateId:
    """Asks the catalog for files whose names cannot be told apart."""

    name: ClassVar = "duplicate-id"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report a file whose id another file has too."""
        path = context.prompt.path
        others = [other for other in context.catalog.paths_like(PurePosixPath(path).stem) if other != path]
        if others:
            same = all(PurePosixPath(other).stem == PurePosixPath(path).stem for other in others)
            reason = "is also" if same else "cannot be told, on some file systems, from"
            yield Finding(
                path=path,
                position=context.document.position_of("id"),
                severity=self.severity,
                rule=self.name,
                message=f"the id '{context.prompt.id}' {reason} that of {', '.join(others)}.",
                hint="Give one of them another id and file name.",
                related=tuple((other, Position()) for other in others),
            )


RULE = DuplicateId()
