"""What one call of a prompt costs, for the reports that speak of money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import Usage
from llmops_cli.core.prompts import Message
from llmops_cli.reports.call_estimate import CallEstimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.project_file import ProjectSettings


def call_estimate(prompt: Prompt, messages: Sequence[Message], settings: ProjectSettings) -> CallEstimate:
    """Return tokens and dollars of one call with these messages; the answer counts with its largest size."""
    from llmops_cli.registry.costs.prices import cost_usd, own_prices, price_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.costs.tokens import count_messages  # noqa: PLC0415 - only when the command runs

    model = settings.resolve_model(prompt.model.name)
    tokens = count_messages(messages, model)
    prices = own_prices(settings)
    price = price_of(prompt.model.name, prices) or price_of(model, prices)
    most = Usage(input_tokens=tokens.tokens, output_tokens=prompt.model.max_tokens or 0)
    return CallEstimate(
        model=model,
        input_tokens=tokens.tokens,
        exact=tokens.exact,
        error_fraction=tokens.error_fraction,
        output_tokens_limit=prompt.model.max_tokens,
        input_usd=None if price is None else cost_usd(price, Usage(input_tokens=tokens.tokens)),
        most_usd=None if price is None or prompt.model.max_tokens is None else cost_usd(price, most),
    )


def template_messages(prompt: Prompt) -> tuple[Message, ...]:
    """Return the messages with their placeholders as they stand: what a call costs before any value."""
    return tuple(Message(role=template.role, content=template.resolved) for template in prompt.messages)
