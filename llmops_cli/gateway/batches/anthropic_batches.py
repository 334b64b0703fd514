"""Anthropic's message batches: one call with all requests, one that streams all answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.batches.batch_api import BatchCall, BatchProgress
from llmops_cli.gateway.wire_reading import count_of, fields, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject

_PATH = "/v1/messages/batches"


class AnthropicBatches:
    """The calls of `/v1/messages/batches`."""

    most_requests: ClassVar[int] = 100_000

    def bodies(self, path: str, bodies: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the entries of the batch."""
        del path
        return [{"custom_id": str(number), "params": body} for number, body in enumerate(bodies)]

    def upload(self, requests: Sequence[JsonObject]) -> None:
        """Need no upload: the requests travel with the batch."""
        del requests

    def create(self, path: str, requests: Sequence[JsonObject], uploaded: JsonObject) -> BatchCall:
        """Return the call that begins a batch."""
        del path, uploaded
        return BatchCall(method="POST", path=_PATH, body=json.dumps({"requests": list(requests)}).encode())

    def status(self, batch_id: str) -> BatchCall:
        """Return the call that asks for a batch."""
        return BatchCall(method="GET", path=f"{_PATH}/{quote(batch_id, safe='')}")

    def progress(self, document: JsonObject) -> BatchProgress:
        """Read a batch; it always ends, and each request says by itself how."""
        counts = {name: count_of(number) for name, number in fields(document.get("request_counts")).items()}
        total = sum(counts.values())
        return BatchProgress(
            ended=document.get("processing_status") == "ended",
            done=total - counts.get("processing", 0),
            total=total,
        )

    def results(self, document: JsonObject) -> Sequence[BatchCall]:
        """Return the call for the answers: below our own base URL, whatever URL the answer names."""
        return [BatchCall(method="GET", path=f"{_PATH}/{quote(text_of(document.get('id')), safe='')}/results")]

    def answer(self, line: JsonObject) -> tuple[int, JsonObject | ProviderError]:
        """Read a line of the answers."""
        name = text_of(line.get("custom_id"))
        number = int(name) if name.isascii() and name.isdecimal() else -1
        result = fields(line.get("result"))
        if result.get("type") == "succeeded":
            return number, fields(result.get("message"))
        error = fields(fields(result.get("error")).get("error")) or fields(result.get("error"))
        reason = text_of(error.get("message")) or text_of(result.get("type")) or "no reason given"
        return number, ProviderError(f"the batch has no answer: {reason}.")
