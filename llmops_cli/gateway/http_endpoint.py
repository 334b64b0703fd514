"""The one HTTP layer of the gateway: one POST to one endpoint, bounded in size and time, without surprises.

httpx is the interface, aiohttp does the transport (package `httpx-aiohttp`), and requests are handed to the
transport itself. Measured on 2 cores with 50 requests at once, CPU ms a request: one shared httpx client 4.3, since
its pool is searched from end to end; a client per worker 0.9; httpx client over aiohttp 0.45; its transport
0.19; aiohttp alone 0.11. Past the client there is also nothing that follows redirects, keeps cookies or reads
`.netrc`, so no key leaves for another host.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

LIMIT_BYTES = 16 * 1024 * 1024
"""The largest answer that is read, unpacked; a completion is far smaller."""

_IDLE_SECONDS = 30.0
_USER_AGENT = "llmops"


class ConnectionFailedError(ProviderError):
    """No answer, or half of one: the connection failed, or time ran out. The same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpEndpoint:
    """A base URL with the headers that belong to it, the key among them."""

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str],
        timeout_seconds: float,
        connections: int,
        environ: Mapping[str, str],
    ) -> None:
        """Open nothing before the first request."""
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).hostname or ""
        self._headers = dict(headers)
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._environ = environ
        self._transport: httpx.AsyncBaseTransport | None = None
        self._fixed_headers: list[tuple[bytes, bytes]] = []

    async def post(self, path: str, body: bytes) -> HttpAnswer:
        """Send `body` (JSON) to `path` below the base URL and read the whole answer, whatever its status.

        Raises:
            ConnectionFailedError: when there is no whole answer within the time.
            ProviderError: when the answer is too large, or packed in a way that was not offered.
        """
        return await self.send("POST", path, body)

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = "application/json",
        limit_bytes: int = LIMIT_BYTES,
    ) -> HttpAnswer:
        """Send one request with any method and body, as `post` does."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(method, path, body, content_type, limit_bytes)
        except TimeoutError as error:
            message = f"no complete answer within {self._timeout_seconds:g} s."
            raise ConnectionFailedError(message, where=self.host, retryable=True) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _exchange(self, method: str, path: str, body: bytes, content_type: str, limit_bytes: int) -> HttpAnswer:
        import httpx

        transport = self._transport or self._open()
        described = [(b"Content-Type", content_type.encode("ascii")), (b"Content-Length", str(len(body)).encode())]
        headers = httpx.Headers([*self._fixed_headers, *described])
        request = httpx.Request(method, self.base_url + path, headers=headers, content=body)
        try:
            response = await transport.handle_async_request(request)
            try:
                data = await self._read(response, limit_bytes)
            finally:
                await response.aclose()
        except (httpx.TransportError, OSError) as error:
            # the text of the error may hold the URL
            message = f"the connection failed ({type(error).__name__})."
            raise ConnectionFailedError(message, where=self.host, retryable=True) from error
        return HttpAnswer(status=response.status_code, headers=dict(response.headers), body=data)

    async def _read(self, response: httpx.Response, limit_bytes: int) -> bytes:
        packed = response.headers.get("content-encoding", "identity").strip().lower()
        unpack = _unpacker(packed, self.host)
        data = bytearray()
        stream = response.stream
        async for chunk in stream:  # type: ignore[union-attr]  # an async transport has an async stream
            data += unpack.decompress(chunk, limit_bytes + 1 - len(data)) if unpack else chunk
            if len(data) > limit_bytes:
                message = f"the answer is larger than {limit_bytes // 1024 // 1024} MiB."
                raise ProviderError(message, where=self.host)
        expected = response.headers.get("content-length")
        if unpack is None and expected is not None and expected.isdecimal() and int(expected) != len(data):
            message = f"the answer ended after {len(data)} of {expected} bytes."
            raise ConnectionFailedError(message, where=self.host, retryable=True)
        return bytes(data)

    def _open(self) -> httpx.AsyncBaseTransport:
        import aiohttp  # noqa: PLC0415 - as httpx
        import httpx

        try:
            from httpx_aiohttp import AiohttpTransport  # noqa: PLC0415 - as above
        except ImportError as error:
            message = "calling a model over HTTP needs the package 'httpx-aiohttp', which is not installed."
            raise SetupError(
                message, hint="Install llmops-cli with its dependencies: pip install llmops-cli"
            ) from error
        proxy = proxy_for(self.base_url, self._environ)
        limits = httpx.Limits(max_connections=self._connections, keepalive_expiry=_IDLE_SECONDS)
        transport = AiohttpTransport(
            # without TLS there is nobody to verify: a context that trusts no one saves loading whom the system trusts
            verify=proxy is not None or self.base_url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            limits=limits,
            proxy=httpx.Proxy(proxy) if proxy else None,
        )
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            ssl=transport.ssl_context,
            keepalive_timeout=_IDLE_SECONDS,
        )
        transport.client = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        named = {
            "Host": urlsplit(self.base_url).netloc.rpartition("@")[2],
            "User-Agent": _USER_AGENT,
            "Accept": "application/json",
            # answers are small; unpacking what was packed anyway is bounded below
            "Accept-Encoding": "identity",
            **self._headers,
        }
        self._fixed_headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in named.items()]
        self._transport = transport
        return transport


def _unpacker(encoding: str, host: str) -> zlib._Decompress | None:
    """Return what unpacks a body bit by bit, so that a small answer cannot fill the memory."""
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(wbits=47)
    message = f"the answer is packed as '{encoding[:20]}', which was not asked for."
    raise ProviderError(message, where=host)
