"""A prompt holds no GitHub expression.

`${{ … }}` is filled in by GitHub only inside workflow files; in a prompt it reaches the model as text.
And a text that is later pasted into a workflow's `run:` would be executed there. Most often a
placeholder was meant.

Fails:

```yaml prompts/triage.yaml
id: triage
version: 1
model: {name: local/smollm2-135m}
engine: plain
template: "Triage ${{ github.event.issue.title }}."
```

Passes:

```yaml prompts/triage.yaml
id: triage
version: 1
model: {name: local/smollm2-135m}
engine: plain
template: "Triage {{ title }}."
variables: {title: {type: string}}
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.templates.places import position_in_file
from llmops_cli.registry.templates.template_source import position_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext

_EXPRESSION = re.compile(
    r"\$\{\{\s*(?:github|env|vars|job|jobs|steps|runner|secrets|strategy|matrix|needs|inputs|toJSON|format|fromJSON)\b"
    r"[^}]{0,200}\}\}",
)


class GithubExpression:
    """Looks for expressions over GitHub's own contexts."""

    name: ClassVar = "github-expression"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each expression in a message."""
        for number, template in enumerate(context.prompt.messages):
            if "${{" not in template.source:
                continue
            for match in _EXPRESSION.finditer(template.source):
                shown = shortened(safe_text(match.group(), one_line=True), 60)
                place = position_at(template.source, match.start())
                yield Finding(
                    path=context.prompt.path,
                    position=position_in_file(context.document, number, place),
                    severity=self.severity,
                    rule=self.name,
                    message=f"'{shown}' is a GitHub expression, which nothing fills in here.",
                    hint="Write a placeholder, {{ name }}, and let the workflow pass the value.",
                )


RULE = GithubExpression()
