"""A message holds no control tokens of a chat template.

`<|im_start|>`, `[INST]` and their like separate messages inside a model's own format. Providers add them;
written by hand they are sent as plain text at best, and at worst end the system message early, which is
what an injection tries. Roles belong under `messages`.

Fails:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
template: |
  <|im_start|>system
  You are polite.<|im_end|>
  Greet {{ name }}.
variables: {name: {type: string}}
```

Passes:

```yaml prompts/greet.yaml
id: greet
version: 1
model: {name: local/smollm2-135m}
messages:
  - {role: system, content: You are polite.}
  - {role: user, content: "Greet {{ name }}."}
variables: {name: {type: string}}
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.templates.places import position_in_file
from llmops_cli.registry.templates.template_source import position_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import RuleContext

_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|endofprompt|startoftext|start_header_id|end_header_id|eot_id|eom_id"
    r"|begin_of_text|end_of_text|system|user|assistant|end|channel|message|return|call|python_tag|fim_\w+)\|>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]",
)


class ChatTemplateToken:
    """Looks for the control tokens of widespread chat templates."""

    name: ClassVar = "chat-template-token"
    severity: ClassVar = Severity.WARNING

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report the first such token of each message."""
        for number, template in enumerate(context.prompt.messages):
            if "<" not in template.resolved and "[" not in template.resolved:
                continue  # most texts, without the slower search
            match = _TOKEN.search(template.resolved)
            if match:
                written = template.source.find(match.group())
                place = position_at(template.source, max(written, 0))
                yield Finding(
                    path=context.prompt.path,
                    position=position_in_file(context.document, number, place),
                    severity=self.severity,
                    rule=self.name,
                    message=f"'{match.group()}' is a control token of a chat template.",
                    hint="Write one entry under `messages` for each role; the provider adds the tokens.",
                )


RULE = ChatTemplateToken()
