"""Batches: many requests handed in at once, answered within a day, at half the price; one protocol per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_cli.gateway.batches.batch_api import BatchApi, BatchFormat
    from llmops_cli.gateway.middleware.cost import PriceFunction
    from llmops_cli.gateway.middleware.retry import Retry
    from llmops_cli.gateway.provider import Provider


def open_batch_api(name: str, provider: Provider, retry: Retry, price: PriceFunction) -> BatchApi:
    """Return the batches of a provider.

    Raises:
        UsageError: when its protocol has none.
    """
    from llmops_cli.gateway.batches.anthropic_batches import AnthropicBatches  # noqa: PLC0415 - few runs need them
    from llmops_cli.gateway.batches.batch_api import BatchApi  # noqa: PLC0415 - as above
    from llmops_cli.gateway.batches.openai_batches import OpenAIBatches  # noqa: PLC0415 - as above
    from llmops_cli.gateway.http_provider import HttpProvider  # noqa: PLC0415 - as above

    formats: dict[str, type[BatchFormat]] = {"openai": OpenAIBatches, "anthropic": AnthropicBatches}
    if not isinstance(provider, HttpProvider) or provider.wire.name not in formats:
        message = f"'{name}' has no batches."
        raise UsageError(message, hint="Batches are there for the protocols openai and anthropic; leave --batch out.")
    return BatchApi(provider, formats[provider.wire.name](), retry, price)
