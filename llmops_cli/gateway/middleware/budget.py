"""Stop asking when the money is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import CompletionSource
from llmops_cli.core.errors import RefusedError

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model


class BudgetReachedError(RefusedError):
    """The budget is spent: no further request is sent; what is answered stays."""


class BudgetedModel:
    """Counts what live answers cost. Requests that run already may pass the limit by what they cost."""

    def __init__(self, model: Model, *, max_cost_usd: float | None = None, max_calls: int | None = None) -> None:
        """Wrap `model`."""
        self._model = model
        self._max_cost_usd = max_cost_usd
        self._max_calls = max_calls
        self.spent_usd = 0.0
        self.calls = 0

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer, unless the budget is reached.

        Raises:
            BudgetReachedError: when it is.
        """
        if self._max_cost_usd is not None and self.spent_usd >= self._max_cost_usd:
            message = f"the budget of ${self._max_cost_usd:g} is spent."
            raise BudgetReachedError(message, hint="Raise it with --max-cost, or evaluate fewer cases.")
        if self._max_calls is not None and self.calls >= self._max_calls:
            message = f"the limit of {self._max_calls} calls is reached."
            raise BudgetReachedError(message, hint="Raise it with --max-calls, or evaluate fewer cases.")
        self.calls += 1
        completion = await self._model.complete(request)
        if completion.source is CompletionSource.LIVE:
            self.spent_usd += completion.cost_usd or 0.0
        else:
            # nothing was asked of a provider
            self.calls -= 1
        return completion
