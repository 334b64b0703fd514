"""Bodies of requests, read as if everybody were hostile: small, in time, JSON, no encodings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmops_cli.core.strict_document import LARGEST_DOCUMENT, DocumentError, Fields, read_document
from llmops_cli.release.service.answers import JSON, ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

READ_SECONDS = 15.0


async def read_fields(request: Request, *, largest: int = LARGEST_DOCUMENT) -> Fields:
    """Return the members of the JSON object that the body is.

    Raises:
        ProblemError: for anything else.
    """
    data = await _read_body(request, largest)
    try:
        return Fields(read_document(data, largest=largest))
    except DocumentError as error:
        raise bad_document(error) from None


def bad_document(error: DocumentError) -> ProblemError:
    """Return the problem of a body that is not what it should be."""
    return ProblemError(400, "bad-request", f"the body cannot be used: {error}.")


async def _read_body(request: Request, largest: int) -> bytes:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(415, "encoding", "bodies are sent without Content-Encoding.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise ProblemError(415, "media-type", f"the body has to be {JSON}.")
    claimed = request.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed) > largest:
        raise _too_large(largest)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise _too_large(largest)
    except TimeoutError:
        raise ProblemError(408, "too-slow", f"the body took longer than {READ_SECONDS:g} seconds.") from None
    return bytes(body)


def _too_large(largest: int) -> ProblemError:
    # whoever sends too much goes on sending: the connection ends here
    return ProblemError(
        413, "too-large", f"the body is larger than {largest >> 20} MiB.", headers={"Connection": "close"}
    )
