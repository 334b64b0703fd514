"""The protocols of `llmops.yaml`: ours stand in the schema, others in the metadata of installed packages.

Providers are opened by another room. Here only their names are known, so that a misspelt one is found where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmops_cli.core.findings import Finding
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents import schema_words as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import YamlDocument

GROUP = "llmops.providers"


def unknown_protocols(root: JsonValue, schema: Mapping[str, Any], document: YamlDocument) -> Iterator[Finding]:
    """Yield a finding per protocol that nobody speaks; what is of another type altogether is the schema's to say.

    Installed packages are looked at only when a name is not ours.
    """
    ours = own_protocols(schema)
    for name, entry in _mapping(_mapping(root).get("providers")).items():
        protocol = _mapping(entry).get("protocol")
        if not isinstance(protocol, str) or protocol in ours:
            continue
        from llmops_cli.core.installed_parts import installed_parts  # noqa: PLC0415 - a scan that few projects need

        known = (*ours, *(part.name for part in installed_parts(GROUP)))
        if protocol not in known:
            keys = ("providers", name, "protocol")
            yield Finding(
                path=document.path,
                position=document.position_of(*keys),
                rule="unknown-value",
                message=f"{words.subject(keys)} is {words.shown(protocol, keys)}; "
                f"one of {', '.join(known)} is expected.",
                hint=did_you_mean(protocol, known)
                or "A protocol of another package is known where that package is installed.",
            )


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}


def own_protocols(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that the schema of the project file completes in editors."""
    (provider,) = schema["properties"]["providers"]["patternProperties"].values()
    return tuple(provider["properties"]["protocol"]["anyOf"][0]["enum"])
