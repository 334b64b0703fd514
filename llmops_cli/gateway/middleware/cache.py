"""Answer from the response cache where it can, and keep what was answered live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.completions import CompletionSource, FinishReason
from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.response_cache import ResponseCache, cache_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.core.json_value import JsonObject


class CachedModel:
    """The trial is part of the key, so that repeats stay repeats; an answer that was filtered is not kept."""

    def __init__(
        self,
        model: Model,
        cache: ResponseCache,
        identity: Callable[[CompletionRequest], JsonObject],
        *,
        read: bool = True,
    ) -> None:
        """Wrap `model`; `identity` says who would answer. Without `read`, answers are only kept."""
        self._model = model
        self._cache = cache
        self._identity = identity
        self._read = read
        self._identities: dict[str, bytes] = {}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer from the cache, else from the model."""
        identity = self._identity_of(request)
        if identity is None:
            return await self._model.complete(request)
        key = cache_key(request, identity)
        kept = self._cache.get(key.text) if self._read else None
        if kept is not None:
            return kept
        completion = await self._model.complete(request)
        live = completion.source is CompletionSource.LIVE
        if live and completion.finish_reason is not FinishReason.CONTENT_FILTER:
            self._cache.put(key, completion)
        return completion

    def _identity_of(self, request: CompletionRequest) -> bytes | None:
        """Return who answers, as canonical JSON; it stays the same for a model as long as this lives."""
        name = request.model.name
        if name not in self._identities:
            try:
                self._identities[name] = canonical_json(self._identity(request))
            except SetupError:
                # the provider cannot be used here; the model behind says so better, or answers from recordings
                return None
        return self._identities[name]
