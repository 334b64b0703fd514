"""A session of the HTTP client with one provider: whom it trusts, through which proxy, and what it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.eager_request import REQUEST_CLASS
from llmops_cli.gateway.proxies import proxy_for

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

TRUSTED_FILE = "SSL_CERT_FILE"
"""The environment variable that names a bundle of certificates to trust instead of the usual ones."""

_IDLE_SECONDS = 30.0


def open_session(
    base_url: str, headers: Mapping[str, str], *, connections: int, environ: Mapping[str, str]
) -> aiohttp.ClientSession:
    """Return a session that sends `headers` with every request, keeps no cookies and unpacks nothing by itself.

    Raises:
        SetupError: when the certificates to trust cannot be read.
    """
    proxy = proxy_for(base_url, environ)
    secure = any(url.startswith("https:") for url in (base_url, proxy or ""))
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections, ssl=_trust() if secure else True, keepalive_timeout=_IDLE_SECONDS
        ),
        headers=headers,
        proxy=proxy,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        request_class=REQUEST_CLASS,
        # the whole exchange has its limit where it is begun
        timeout=aiohttp.ClientTimeout(total=None),
    )


def _trust() -> ssl.SSLContext:
    import httpx

    try:
        # the certificates that every other request of this program trusts
        return httpx.create_ssl_context()
    except OSError as error:
        message = f"the certificates to trust cannot be read: {error.strerror or error}."
        hint = "Name a file of PEM certificates, or unset the variable."
        raise SetupError(message, where=TRUSTED_FILE, hint=hint) from error
