"""The models that a prompt names, aliases resolved, each with its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.findings import Position
    from llmops_cli.registry.rules.rule import RuleContext


def models_of(context: RuleContext) -> Iterator[tuple[str, Position]]:
    """Yield `provider/model` for the prompt's model and its fallbacks."""
    settings, document = context.prompt.model, context.document
    yield context.settings.resolve_model(settings.name), document.position_of("model", "name")
    for number, fallback in enumerate(settings.fallbacks):
        yield context.settings.resolve_model(fallback), document.position_of("model", "fallbacks", number)
