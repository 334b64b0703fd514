"""Count tokens where the provider did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.completions import Usage

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model


class CountedModel:
    """Estimates the usage of an answer that came without one, so that no price is computed from nothing."""

    def __init__(self, model: Model) -> None:
        """Wrap `model`."""
        self._model = model

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the model; a usage that it counted stays as it is."""
        completion = await self._model.complete(request)
        usage = completion.usage
        if not usage.estimated or usage.input_tokens or usage.output_tokens:
            return completion
        from llmops_cli.registry.costs.tokens import count_messages, count_tokens  # noqa: PLC0415 - loads the ranks, 0.3 s

        name = request.model.name
        counted = Usage(
            input_tokens=count_messages(request.messages, name).tokens,
            output_tokens=count_tokens(completion.text, name).tokens,
            estimated=True,
        )
        return replace(completion, usage=counted)
