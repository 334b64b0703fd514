"""Hands in batches, asks how far they are, and fetches their answers, whatever the protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.model_name import split_model_name
from llmops_cli.gateway.provider import RateLimitedError
from llmops_cli.gateway.wire_reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.http_provider import HttpProvider
    from llmops_cli.gateway.middleware.cost import PriceFunction
    from llmops_cli.gateway.middleware.retry import Retry

PRICE = 0.5
"""Of the price of the same requests one by one; both vendors say so (platform.openai.com/docs/guides/batch,
docs.anthropic.com/en/docs/build-with-claude/batch-processing)."""

RESULT_BYTES = 512 * 1024 * 1024
"""The largest file of answers that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a batch is. `ended` says that its answers can be fetched; `problem` why there will be none."""

    ended: bool
    done: int
    total: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCall:
    """One request to the provider."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"


class BatchFormat(Protocol):
    """A protocol's own part: which calls there are, and how their answers read."""

    most_requests: ClassVar[int]

    def bodies(self, path: str, bodies: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the requests as the protocol wraps them, each named by its number."""
        ...

    def upload(self, requests: Sequence[JsonObject]) -> BatchCall | None:
        """Return the call that uploads the requests, where the protocol wants them before the batch."""
        ...

    def create(self, path: str, requests: Sequence[JsonObject], uploaded: JsonObject) -> BatchCall:
        """Return the call that begins the batch."""
        ...

    def status(self, batch_id: str) -> BatchCall:
        """Return the call that asks how far a batch is."""
        ...

    def progress(self, document: JsonObject) -> BatchProgress:
        """Read the answer of `status`."""
        ...

    def results(self, document: JsonObject) -> Sequence[BatchCall]:
        """Return the calls that fetch the answers of an ended batch, of which `document` is the status."""
        ...

    def answer(self, line: JsonObject) -> tuple[int, JsonObject | ProviderError]:
        """Read a line of the answers: the number of the request, and the answer as a single one would read."""
        ...


class BatchApi:
    """The batches of one provider."""

    def __init__(self, provider: HttpProvider, protocol: BatchFormat, retry: Retry, price: PriceFunction) -> None:
        """Take the provider with its key, and its protocol."""
        self._provider = provider
        self._format = protocol
        self._retry = retry
        self._price = price

    @property
    def most_requests(self) -> int:
        """How many requests a batch can hold."""
        return self._format.most_requests

    async def submit(self, requests: Sequence[CompletionRequest]) -> str:
        """Hand in a batch and return its id. What may have arrived is not sent again: it might be paid twice.

        Raises:
            ProviderError: when the provider does not take it.
        """
        model = split_model_name(requests[0].model.name)[1]
        path = self._provider.wire.path(model)
        bodies = [self._provider.wire.body(request, model, self._provider.base_url) for request in requests]
        wrapped = self._format.bodies(path, bodies)
        upload = self._format.upload(wrapped)
        uploaded = {} if upload is None else await self._call(upload)
        document = await self._call(self._format.create(path, wrapped, uploaded), once=True)
        batch_id = document.get("id")
        if not isinstance(batch_id, str) or not batch_id:
            message = "the provider did not name the batch that it took."
            raise ProviderError(message)
        return batch_id

    async def progress(self, batch_id: str) -> BatchProgress:
        """Return how far a batch is."""
        document = await self._call(self._format.status(batch_id))
        with reading("a batch"):
            return self._format.progress(document)

    async def results(
        self, batch_id: str, requests: Sequence[CompletionRequest]
    ) -> Iterator[tuple[int, Completion | ProviderError]]:
        """Fetch the answers of an ended batch: the number of each request with its completion, or why it has none."""
        document = await self._call(self._format.status(batch_id))
        texts = [await self._fetch(call) for call in self._format.results(document)]
        return self._completions(texts, requests)

    def _completions(
        self, texts: Sequence[bytes], requests: Sequence[CompletionRequest]
    ) -> Iterator[tuple[int, Completion | ProviderError]]:
        for text in texts:
            for line in text.splitlines():
                document = _document(line)
                with reading("an answer of a batch"):
                    number, found = self._format.answer(document)
                if isinstance(found, ProviderError):
                    yield number, found
                elif 0 <= number < len(requests):
                    yield number, self._completion(requests[number], found)

    def _completion(self, request: CompletionRequest, document: JsonObject) -> Completion | ProviderError:
        try:
            completion = self._provider.wire.completion(document)
        except ProviderError as error:
            return error
        cost = self._price(request.model.name, completion.usage)
        return replace(
            completion, cost_usd=None if cost is None else cost * PRICE, details={**completion.details, "batch": True}
        )

    async def _call(self, call: BatchCall, *, once: bool = False) -> JsonObject:
        async def attempt() -> JsonObject:
            try:
                answer = await self._provider.call(call.method, call.path, call.body, content_type=call.content_type)
            except RateLimitedError:
                raise
            except ProviderError as error:
                if once and error.retryable:
                    raise ProviderError(error.message, where=error.where, hint=error.hint) from error
                raise
            return _document(answer)

        return await self._retry.run(attempt)

    async def _fetch(self, call: BatchCall) -> bytes:
        async def attempt() -> bytes:
            return await self._provider.call(call.method, call.path, limit_bytes=RESULT_BYTES)

        return await self._retry.run(attempt)


def _document(data: bytes) -> JsonObject:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        message = "the provider's answer about a batch is not JSON."
        raise ProviderError(message, retryable=True) from error
    if not isinstance(document, dict):
        message = "the provider's answer about a batch is not a JSON object."
        raise ProviderError(message)
    return document
