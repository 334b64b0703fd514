"""Say what an answer cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import Completion, CompletionRequest, Model, Usage

    PriceFunction = Callable[[str, Usage], float | None]
    """`provider/model` and the tokens used → US dollars, None when the price is unknown."""


class PricedModel:
    """Fills `cost_usd` by price, None for an unknown one.

    A recorded or cached answer has the cost of its making, so that scores of cost do not depend on where an
    answer comes from; whoever asks what was paid now counts live answers only.
    """

    def __init__(self, model: Model, price: PriceFunction) -> None:
        """Wrap `model`."""
        self._model = model
        self._price = price

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the model and add the cost."""
        completion = await self._model.complete(request)
        cost_usd = self._price(request.model.name, completion.usage)
        # most answers that come from a cache have today's price already
        return completion if completion.cost_usd == cost_usd else replace(completion, cost_usd=cost_usd)
