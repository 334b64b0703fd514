"""Keep live answers as recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import CompletionSource

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.recordings import Recordings


class RecordedModel:
    """Adds every live answer to the recordings, in place of an older answer to the same request and trial."""

    def __init__(self, model: Model, recordings: Recordings) -> None:
        """Wrap `model`."""
        self._model = model
        self._recordings = recordings

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the model and record it."""
        completion = await self._model.complete(request)
        if completion.source is CompletionSource.LIVE:
            self._recordings.add(request, completion)
        return completion
