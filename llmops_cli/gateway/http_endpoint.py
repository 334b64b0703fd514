"""The one HTTP layer of the gateway: one POST to one endpoint, bounded in size and time, without surprises.

aiohttp speaks HTTP here, and httpx everywhere else in the program. Measured on 2 cores with 50 requests at once, CPU ms
a request: one shared httpx client 4.3, since its pool is searched from end to end; a client per worker 0.9; an
httpx client over aiohttp 0.45; its transport alone 0.19; aiohttp 0.11. The session follows no redirects, keeps no
cookies and reads no `.netrc`, so no key leaves for another host.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.core.tls_problem import tls_problem
from llmops_cli.gateway.answer_body import read_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp
    from multidict import CIMultiDictProxy

LIMIT_BYTES = 16 * 1024 * 1024
"""The largest answer that is read, unpacked; a completion is far smaller."""

_ONE_PIECE_BYTES = 1 << 19
_USER_AGENT = "llmops"


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
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: bytes) -> HttpAnswer:
        """Send `body` (JSON) to `path` below the base URL and read the whole answer, whatever its status.

        Raises:
            ProviderError: when there is no whole answer within the time, which is retryable; when the answer is too
                large, or packed in a way that was not offered.
            SetupError: when the provider's certificate is not trusted.
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
            raise ProviderError(message, where=self.host, retryable=True) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, method: str, path: str, body: bytes, content_type: str, limit_bytes: int) -> HttpAnswer:
        import aiohttp  # noqa: PLC0415 - a tenth of a second that a run from the cache does without

        session = self._session or self._open()
        try:
            async with session.request(
                method,
                self.base_url + path,
                # what is large, a file of a batch, goes in pieces: in one it would hold up everything else
                data=io.BytesIO(body) if len(body) > _ONE_PIECE_BYTES else body or None,
                headers={"Content-Type": content_type} if body else None,
                allow_redirects=False,
            ) as response:
                data = await read_body(response, limit_bytes, self.host)
        except aiohttp.ClientConnectorCertificateError as error:
            message = f"the connection is not trusted: {tls_problem(error.certificate_error)}."
            hint = "Is base_url right? SSL_CERT_FILE names a file with an authority of your own."
            raise SetupError(message, where=self.host, hint=hint) from error
        except aiohttp.ClientConnectorDNSError as error:
            message = "no address is known for this name."
            hint = "Is base_url right, and is there a network?"
            raise ProviderError(message, where=self.host, hint=hint, retryable=True) from error
        except (aiohttp.ClientError, OSError) as error:
            # the text of the error may hold the URL
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            if isinstance(cause, ConnectionRefusedError):
                message = "the connection was refused: nothing listens there."
                hint = "Is base_url right, and does the server run?"
                raise ProviderError(message, where=self.host, hint=hint, retryable=True) from error
            message = f"the connection failed ({tls_problem(cause) or type(cause).__name__})."
            raise ProviderError(message, where=self.host, retryable=True) from error
        return HttpAnswer(status=response.status, headers=_lowered(response.headers), body=data)

    def _open(self) -> aiohttp.ClientSession:
        from llmops_cli.gateway.http_session import open_session  # noqa: PLC0415 - loads aiohttp

        named = {
            "User-Agent": _USER_AGENT,
            "Accept": "application/json",
            # answers are small; what is packed all the same is unpacked within bounds
            "Accept-Encoding": "identity",
            **self._headers,
        }
        self._session = open_session(self.base_url, named, connections=self._connections, environ=self._environ)
        return self._session


def _lowered(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Return the headers by lower-case name; a header that came more than once is one list (RFC 9110, 5.3)."""
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        lowered[key] = f"{lowered[key]}, {value}" if key in lowered else value
    return lowered
