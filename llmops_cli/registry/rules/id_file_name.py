"""The `id` of a prompt is the name of its file.

People, suites, baselines and the config service know a prompt by its id, and finding a file by its id
must not mean reading every file. Usually the file was copied or renamed and the other half forgotten.

Fails:

```yaml prompts/greet-customer.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: "Greet {{ name }}."
variables: {name: {type: string}}
```
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.documents.identifiers import why_not_an_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext


class IdFileName:
    """Compares the id with the file's name."""

    name: ClassVar = "id-file-name"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report an id that is not the file's name."""
        path = PurePosixPath(context.prompt.path)
        if path.stem != context.prompt.id:
            # a name that is no id is not proposed as one
            other = "" if why_not_an_id(path.stem) else f", or set `id: {path.stem}`"
            yield Finding(
                path=context.prompt.path,
                position=context.document.position_of("id"),
                severity=self.severity,
                rule=self.name,
                message=f"the id '{context.prompt.id}' is not the name of the file, '{path.stem}'.",
                hint=f"Rename the file to {context.prompt.id}{path.suffix}{other}.",
            )


RULE = IdFileName()
