"""OpenAI's batches: a file of requests, a batch over it, a file of answers and one of errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.batches.batch_api import BatchCall, BatchProgress
from llmops_cli.gateway.wire_reading import count_of, fields, items, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject

_BOUNDARY = "llmops-7f1c0a5e2b9d4d3c8a6e"
_OK = 200
_NO_ANSWERS = frozenset({"failed", "cancelled", "cancelling"})


class OpenAIBatches:
    """The calls of `/files` and `/batches`."""

    most_requests: ClassVar[int] = 50_000

    def bodies(self, path: str, bodies: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the lines of the file of requests."""
        return [
            {"custom_id": str(number), "method": "POST", "url": f"/v1{path}", "body": body}
            for number, body in enumerate(bodies)
        ]

    def upload(self, requests: Sequence[JsonObject]) -> BatchCall:
        """Return the upload of the file; JSON escapes every control character, so no text can end a part."""
        lines = "".join(f"{json.dumps(request)}\n" for request in requests)
        parts = [
            f"--{_BOUNDARY}",
            'Content-Disposition: form-data; name="purpose"',
            "",
            "batch",
            f"--{_BOUNDARY}",
            'Content-Disposition: form-data; name="file"; filename="requests.jsonl"',
            "Content-Type: application/jsonl",
            "",
            f"{lines}",
            f"--{_BOUNDARY}--",
            "",
        ]
        body = "\r\n".join(parts).encode("ascii")
        return BatchCall(
            method="POST", path="/files", body=body, content_type=f"multipart/form-data; boundary={_BOUNDARY}"
        )

    def create(self, path: str, requests: Sequence[JsonObject], uploaded: JsonObject) -> BatchCall:
        """Return the call that begins a batch over the uploaded file."""
        del requests
        document = {
            "input_file_id": text_of(uploaded.get("id")),
            "endpoint": f"/v1{path}",
            "completion_window": "24h",
        }
        return BatchCall(method="POST", path="/batches", body=json.dumps(document).encode())

    def status(self, batch_id: str) -> BatchCall:
        """Return the call that asks for a batch."""
        return BatchCall(method="GET", path=f"/batches/{quote(batch_id, safe='')}")

    def progress(self, document: JsonObject) -> BatchProgress:
        """Read a batch; one that expired has the answers that were ready in time."""
        status = text_of(document.get("status"))
        counts = fields(document.get("request_counts"))
        problem = ""
        if status in _NO_ANSWERS:
            errors = [text_of(each.get("message")) for each in items(fields(document.get("errors")).get("data"))]
            problem = f"the batch is {status}{': ' + errors[0] if errors else ''}"
        return BatchProgress(
            ended=status in {"completed", "expired"},
            done=count_of(counts.get("completed")) + count_of(counts.get("failed")),
            total=count_of(counts.get("total")),
            problem=problem,
        )

    def results(self, document: JsonObject) -> Sequence[BatchCall]:
        """Return the calls for the file of answers and the file of errors, as far as there are any."""
        ids = [text_of(document.get(name)) for name in ("output_file_id", "error_file_id")]
        return [BatchCall(method="GET", path=f"/files/{quote(each, safe='')}/content") for each in ids if each]

    def answer(self, line: JsonObject) -> tuple[int, JsonObject | ProviderError]:
        """Read a line of either file."""
        name = text_of(line.get("custom_id"))
        number = int(name) if name.isascii() and name.isdecimal() else -1
        response = fields(line.get("response"))
        body = fields(response.get("body"))
        if response.get("status_code") == _OK:
            return number, body
        error = fields(line.get("error")) or fields(body.get("error"))
        return number, ProviderError(f"the batch has no answer: {text_of(error.get('message')) or 'no reason given'}.")
