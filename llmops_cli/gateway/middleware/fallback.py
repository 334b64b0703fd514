"""Ask the next model of `fallbacks` where one does not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.errors import ProviderError, SetupError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.provider import Notify


class FallbackModel:
    """The request as it is, but for the model's name; the answer says which model gave it."""

    def __init__(self, model: Model, resolve: Callable[[str], str], notify: Notify) -> None:
        """Wrap `model`, which answers for every provider; `resolve` turns an alias into `provider/model`."""
        self._model = model
        self._resolve = resolve
        self._notify = notify

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the first model that does.

        Raises:
            ProviderError, SetupError: of the first model, when no other answers either.
        """
        try:
            return await self._model.complete(request)
        except (ProviderError, SetupError) as error:
            if not request.model.fallbacks:
                raise
            first = error
        for fallback in request.model.fallbacks:
            name = self._resolve(fallback)
            try:
                completion = await self._model.complete(replace(request, model=replace(request.model, name=name)))
            except (ProviderError, SetupError):
                continue
            self._notify(f"{request.model.name} did not answer ({first.message}) and {name} stood in for it.")
            return replace(completion, details={**completion.details, "fallback_for": request.model.name})
        raise first
