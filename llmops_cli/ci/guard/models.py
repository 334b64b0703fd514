"""A provider, an alias or a price points elsewhere: another model may answer, or be paid otherwise, unnoticed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.ci.guard.context import GuardContext
    from llmops_cli.registry.project_file import ModelAlias, ProviderSettings

    Entry = ProviderSettings | ModelAlias

KIND = "model"

_HARMLESS = frozenset({"requests_per_minute", "tokens_per_minute", "concurrency", "timeout_seconds"})
"""They change how fast answers come, not which."""


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare providers and models by name."""
    base, head = context.sides.base.settings, context.sides.head.settings
    yield from _entries(context, "providers", base.providers, head.providers)
    yield from _entries(context, "models", base.models, head.models)


def _entries(
    context: GuardContext, section: str, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> Iterator[GateChange]:
    old_document, new_document = context.projects
    noun = section.removesuffix("s")
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield GateChange(
                kind=KIND,
                path=old_document.path,
                line=old_document.key_position_of(section, name).line,
                side=Side.BASE,
                loosens=True,
                message=f"{noun} '{name}' is removed.",
                base_value=shown(_told(before[name])),
                head_value="(removed)",
            )
        elif name not in before:
            yield GateChange(
                kind=KIND,
                path=new_document.path,
                line=new_document.key_position_of(section, name).line,
                loosens=False,
                message=f"{noun} '{name}' is added; this check does not use a new provider.",
                head_value=shown(_told(after[name])),
            )
        else:
            yield from _fields(context, section, name, before[name], after[name])


def _fields(context: GuardContext, section: str, name: str, before: Entry, after: Entry) -> Iterator[GateChange]:
    document = context.projects[1]
    old, new = asdict(before), asdict(after)
    for field, value in old.items():
        if new[field] != value:
            yield GateChange(
                kind=KIND,
                path=document.path,
                line=document.position_of(section, name, _WRITTEN.get(field, field)).line,
                loosens=field not in _HARMLESS,
                message=f"{section.removesuffix('s')} '{name}' has another {_WRITTEN.get(field, field)}.",
                base_value=shown(value),
                head_value=shown(new[field]),
            )


_WRITTEN = {
    "api_key_env": "api_key",
    "target": "name",
    "input_usd_per_million": "price",
    "output_usd_per_million": "price",
    "cached_input_usd_per_million": "price",
}
"""The names that these fields have in the file, where they differ."""


def _told(entry: Entry) -> dict[str, object]:
    return {key: value for key, value in asdict(entry).items() if value is not None and key != "name"}
