"""The body of an answer, read bit by bit: what is packed, endless or not what it says cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from llmops_cli.core.errors import ProviderError

if TYPE_CHECKING:
    import aiohttp


async def read_body(response: aiohttp.ClientResponse, limit_bytes: int, host: str) -> bytes:
    """Return the body, unpacked.

    Raises:
        ProviderError: when it is larger than the limit, or packed in a way that was not offered; retryable when it
            is not packed as it says.
        aiohttp.ClientError: when it ends too early.
    """
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpack = _unpacker(packed, host)
    data = bytearray()
    async for chunk in response.content.iter_any():
        try:
            data += unpack.decompress(chunk, limit_bytes + 1 - len(data)) if unpack else chunk
        except zlib.error as error:
            message = f"the answer says that it is packed as '{packed}', and is not."
            raise ProviderError(message, where=host, retryable=True) from error
        if len(data) > limit_bytes:
            message = f"the answer is larger than {limit_bytes // 1024 // 1024} MiB."
            raise ProviderError(message, where=host)
    return bytes(data)


def _unpacker(encoding: str, host: str) -> zlib._Decompress | None:
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(wbits=47)
    message = f"the answer is packed as '{encoding[:20]}', which was not asked for."
    raise ProviderError(message, where=host)
