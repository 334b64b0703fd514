"""HTTP with bounds: one host, no redirects, no compression, no more bytes and no more time than agreed."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.core.errors import UsageError
from llmops_cli.core.tls_problem import tls_problem

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
SILENCE_SECONDS = 45.0
"""A stream says something at least every 15 seconds; after three times that it is taken for dead."""

OK, NOT_MODIFIED = 200, 304
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_SHA_256 = re.compile(r"(?:^|[ ,])sha-256=:([A-Za-z0-9+/=]*):")


class FetchError(Exception):
    """An answer that cannot be used; the message is one sentence for logs, without secrets."""


class NoStreamError(FetchError):
    """The place has no stream of events: a plain file server, or a proxy that does not let it through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer: status 200 with a body, or 304."""

    status: int
    etag: str
    body: bytes


class Transport:
    """The connection to one service. Used by one thread; `interrupt` may come from another."""

    def __init__(self, url: str, token: str | None, ca_file: Path | None = None) -> None:
        """Take the base URL and the token.

        Raises:
            UsageError: for a URL that is none, has a password, or would send the token in the clear.
        """
        self.url = checked_url(url, token)
        self._token = token
        self._ca_file = ca_file
        self._client: httpx.Client | None = None
        self._stream_socket: socket.socket | None = None
        self._interrupted = False

    def get(self, path: str, *, headers: Mapping[str, str], largest: int, wait_seconds: float = 0.0) -> Answer:
        """Return the answer to one GET.

        Raises:
            FetchError: it is too large, too slow, compressed, or neither 200 nor 304.
        """
        with self._opened(path, headers, read_seconds=ANSWER_SECONDS + wait_seconds) as response:
            end = time.monotonic() + ANSWER_SECONDS + wait_seconds
            etag = _tag(response.headers.get("etag", ""))
            if response.status_code == NOT_MODIFIED:
                return Answer(status=NOT_MODIFIED, etag=etag, body=b"")
            if response.status_code != OK:
                message = f"the service answered {response.status_code}"
                raise FetchError(message)
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > largest:
                    message = f"the answer is larger than {largest} bytes"
                    raise FetchError(message)
                if time.monotonic() > end:
                    message = "the answer took too long"
                    raise FetchError(message)
            _check_digest(response.headers.get("repr-digest", ""), body)
            return Answer(status=OK, etag=etag, body=bytes(body))

    @contextmanager
    def stream(self, path: str, *, headers: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """Open a stream of events and hand out its bytes.

        Raises:
            NoStreamError: there is none at that place.
            FetchError: it was not opened for another reason.
        """
        wanted = {"Accept": "text/event-stream", **headers}
        with self._opened(path, wanted, read_seconds=SILENCE_SECONDS) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip()
            if response.status_code in (404, 405, 406, 501) or (
                response.status_code == OK and kind != "text/event-stream"
            ):
                message = f"no stream of events ({response.status_code})"
                raise NoStreamError(message)
            if response.status_code != OK:
                message = f"the service answered {response.status_code}"
                raise FetchError(message)
            network = response.extensions.get("network_stream")
            self._stream_socket = network.get_extra_info("socket") if network else None
            try:
                yield iter(()) if self._interrupted else response.iter_raw()
            finally:
                self._stream_socket = None

    def fresh(self) -> Transport:
        """Return a connection of its own to the same service, for a forked process."""
        return Transport(self.url, self._token, self._ca_file)

    def interrupt(self) -> None:
        """End an open stream from another thread."""
        import socket  # noqa: PLC0415 - only here

        self._interrupted = True
        open_socket = self._stream_socket
        if open_socket is not None:
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @contextmanager
    def _opened(self, path: str, headers: Mapping[str, str], *, read_seconds: float) -> Iterator[httpx.Response]:
        import httpx

        if self._client is None:
            verify: ssl.SSLContext | bool = True
            if self._ca_file is not None:
                verify = _trusting(self._ca_file)
            # no proxy of the environment: the service is inside, and a token is for it alone
            self._client = httpx.Client(verify=verify, follow_redirects=False, trust_env=False)
        sent = {"Accept-Encoding": "identity", **headers}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        timeout = httpx.Timeout(CONNECT_SECONDS, read=read_seconds)
        try:
            with self._client.stream("GET", self.url + path, headers=sent, timeout=timeout) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    message = "the answer is compressed, which nobody asked for"
                    raise FetchError(message)
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # its text may hold the URL with whatever somebody put there
            message = f"the service cannot be reached ({tls_problem(error) or type(error).__name__})"
            raise FetchError(message) from None


def _trusting(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        # tried again with the next attempt: somebody may be about to put it there
        message = f"the file of certificate authorities cannot be used: {error.strerror or error}"
        raise FetchError(message) from None


def _tag(given: str) -> str:
    """Return an entity tag (RFC 9110, 8.8.3), empty for anything else: it is sent back with every later request."""
    return given if _TAG.fullmatch(given) else ""


def _check_digest(given: str, body: bytes | bytearray) -> None:
    """Refuse a body that was damaged on its way: a state is covered by no hash of its own (RFC 9530).

    Raises:
        FetchError: the service told another SHA-256.
    """
    told = _SHA_256.search(given)
    if told and told[1] != base64.b64encode(hashlib.sha256(body).digest()).decode():
        message = "the answer was damaged on its way: it has another SHA-256 than the service told"
        raise FetchError(message)


def checked_url(url: str, token: str | None) -> str:
    """Return a base URL without a slash at its end.

    Raises:
        UsageError: it is none, has a password, or a token would travel in the clear.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        message = "that is no address of a config service."
        raise UsageError(message, hint="Write http://127.0.0.1:8080 or https://prompts.example.org")
    if parts.username or parts.password:
        message = "a token does not belong into the address."
        raise UsageError(message, hint="Give it as token=…, from an environment variable.")
    if token and parts.scheme == "http" and not _loopback(host):
        message = f"a token is not sent to {host} without TLS."
        raise UsageError(message, hint="Use https://, or a proxy on this machine.")
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
