"""Embeddings from any endpoint that speaks OpenAI's `POST /embeddings`: OpenAI, vLLM, Ollama, proxies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.embeddings import EmbeddedText
from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.provider import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.http_provider import HttpProvider
    from llmops_cli.gateway.middleware.rate_limit import ProviderLimits
    from llmops_cli.gateway.middleware.retry import Retry

PER_REQUEST = 64
"""Texts in one request; servers of one's own often take no more."""

CHARACTERS_PER_TOKEN = 3
"""A low guess, for the limit of tokens a minute, before the provider has counted."""


class OpenAIEmbeddings:
    """One model behind one endpoint, within the limits that it shares with the completions of its provider.

    Answers are remembered for the length of the run: expected answers come again with every trial.
    """

    def __init__(self, provider: HttpProvider, model: str, limits: ProviderLimits, retry: Retry) -> None:
        """Take the provider's HTTP layer; `model` is the name after the provider's."""
        self._provider = provider
        self._model = model
        self._limits = limits
        self._retry = retry
        self._known: dict[str, EmbeddedText] = {}

    async def embed(self, texts: Sequence[str]) -> Sequence[EmbeddedText]:
        """Return one vector of length 1 per text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), PER_REQUEST):
            batch = new[start : start + PER_REQUEST]
            vectors = await self._retry.run(lambda batch=batch: self._ask(batch))  # type: ignore[misc]
            self._known.update(zip(batch, vectors, strict=True))
        return [self._known[text] for text in texts]

    async def _ask(self, texts: Sequence[str]) -> Sequence[EmbeddedText]:
        entry = await self._limits.enter(sum(map(len, texts)) / CHARACTERS_PER_TOKEN)
        try:
            document, _ = await self._provider.exchange("/embeddings", {"input": list(texts), "model": self._model})
        except RateLimitedError as error:
            self._limits.refused(entry, error.retry_after_seconds)
            raise
        finally:
            self._limits.at_once.release()
        self._limits.answered(entry, Completion(text="", usage=_usage(document)))
        return [EmbeddedText(vector=vector) for vector in _vectors(document, len(texts))]


def _usage(document: JsonObject) -> Usage:
    usage = document.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return Usage(input_tokens=tokens) if isinstance(tokens, int) and tokens >= 0 else Usage(estimated=True)


def _vectors(document: JsonObject, wanted: int) -> list[list[float]]:
    """Return the vectors in the order of the texts; an endpoint may answer in another one."""
    data = document.get("data")
    rows = data if isinstance(data, list) else []
    found: dict[int, list[float]] = {}
    for place, row in enumerate(rows):
        if isinstance(row, dict):
            number = row.get("index", place)
            found[number if isinstance(number, int) else place] = _unit(row)
    if sorted(found) != list(range(wanted)) or len({len(vector) for vector in found.values()}) != 1:
        message = f"the endpoint gave no sound embeddings for {wanted} texts."
        raise ProviderError(message)
    return [found[number] for number in range(wanted)]


def _unit(row: Mapping[str, object]) -> list[float]:
    written = row.get("embedding")
    numbers: list[object] = written if isinstance(written, list) else []
    vector = [float(x) for x in numbers if isinstance(x, (int, float)) and math.isfinite(x)]
    if not vector or len(vector) != len(numbers):
        message = "the endpoint answered with something that is no embedding."
        raise ProviderError(message)
    length = math.sqrt(math.fsum(x * x for x in vector))
    if length == 0:
        message = "the endpoint answered with an embedding of zeros."
        raise ProviderError(message)
    return [x / length for x in vector]
