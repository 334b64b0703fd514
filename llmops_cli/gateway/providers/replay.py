"""A provider that only has recordings: for models that nobody can call any more, or data recorded elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.gateway.model_name import split_model_name

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import ProviderContext


class ReplayProvider:
    """Answers `replay/<model>` from the recordings of that name, in every mode."""

    def __init__(self, context: ProviderContext) -> None:
        """Open nothing before the first request."""
        self._recordings = context.recordings

    def identity(self, model: str) -> JsonObject:
        """Name the protocol; the recordings themselves may change, so nothing of them is cached."""
        return {"protocol": "replay", "model": model}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer from the recording of exactly this request and trial."""
        split_model_name(request.model.name)
        return self._recordings.answer(request)

    async def close(self) -> None:
        """Close the files."""
        self._recordings.close()
