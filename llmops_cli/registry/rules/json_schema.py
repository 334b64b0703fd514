"""The JSON Schemas of a prompt are schemas, and safe to use.

`output.schema` and the `parameters` of tools go to providers, into the grammar of an embedded model, and to
applications that check answers. A misspelled type (`strng`) checks nothing or fails in production; a `$ref` to an
address or a file makes somebody's validator fetch it; one that leads back to itself never ends. References stay
inside the schema (`#/$defs/…`), and patterns are RE2's, which cannot be made to hang.

Fails:

```yaml prompts/extract.yaml
id: extract
version: 1
model: {name: local/smollm2-135m}
template: "Extract the total of {{ invoice }}."
variables: {invoice: {type: string}}
output:
  format: json
  schema: {type: object, properties: {total: {type: nubmer}}}
```

Passes:

```yaml prompts/extract.yaml
id: extract
version: 1
model: {name: local/smollm2-135m}
template: "Extract the total of {{ invoice }}."
variables: {invoice: {type: string}}
output:
  format: json
  schema: {type: object, properties: {total: {type: number}}}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.rules.rule import RuleContext


class JsonSchema:
    """Checks the schemas that a prompt holds."""

    name: ClassVar = "json-schema"
    severity: ClassVar = Severity.ERROR

    def check(self, context: RuleContext) -> Iterator[Finding]:
        """Report each schema that is none, or that nobody should run."""
        for place, schema in _schemas_of(context.prompt):
            from llmops_cli.registry.contracts.safe_schema import schema_problem  # noqa: PLC0415 - few prompts have one

            if problem := schema_problem(schema):
                yield Finding(
                    path=context.prompt.path,
                    position=context.document.position_of(*place),
                    severity=self.severity,
                    rule=self.name,
                    message=f"{'.'.join(map(str, place))} cannot be used: {problem}.",
                    hint="Write it as JSON Schema draft 2020-12 that refers to itself only.",
                )


def _schemas_of(prompt: Prompt) -> Iterator[tuple[tuple[str | int, ...], JsonObject]]:
    if prompt.output.schema is not None:
        yield ("output", "schema"), prompt.output.schema
    for number, tool in enumerate(prompt.tools):
        if isinstance(parameters := tool.get("parameters"), Mapping):
            yield ("tools", number, "parameters"), parameters


RULE = JsonSchema()
