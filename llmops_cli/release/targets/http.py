"""`http://…` and `https://…`: a config service (`llmops serve`), which checks every step again.

The token comes from LLMOPS_TOKEN; LLMOPS_CA_FILE names the certificates of a private authority, to be trusted instead
of the usual ones. A lost answer is an unknown outcome: the caller looks for its event.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.errors import LlmopsError, RefusedError, SetupError, TargetError
from llmops_cli.core.release_target import (
    DamagedRecordError,
    ReleaseExistsError,
    StaleRevisionError,
    UnknownOutcomeError,
)
from llmops_cli.core.strict_document import LARGEST_DOCUMENT, LARGEST_STATE, DocumentError, Fields, read_document
from llmops_cli.core.tls_problem import tls_problem
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.service_address import CA_VARIABLE, TOKEN_VARIABLE, checked_address, trusting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx

    from llmops_cli.core.release_target import Write
    from llmops_cli.release.clock import Clock
    from llmops_cli.release.opening import Surroundings

TIMEOUT_SECONDS = 20.0
LONGEST_WAIT_SECONDS = 30
MOST_EVENTS_BYTES = 128 << 20
_OK, _CREATED, _NOT_MODIFIED, _UNAUTHORIZED, _NOT_FOUND = 200, 201, 304, 401, 404
_KINDS: Mapping[int, type[LlmopsError]] = {_UNAUTHORIZED: SetupError, 403: RefusedError, 422: RefusedError}


def open_target(uri: str, surroundings: Surroundings) -> HttpTarget:
    """Open the target of an `http:` or `https:` URI.

    Raises:
        UsageError: the address is none, has a password, or a token would travel in the clear.
    """
    ca_file = surroundings.environ.get(CA_VARIABLE, "")
    return HttpTarget(
        uri,
        surroundings.environ.get(TOKEN_VARIABLE, ""),
        ca_file=surroundings.folder / ca_file if ca_file else None,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    content: bytes
    etag: str


class _EndlessAnswerError(Exception):
    """An answer that is larger or takes longer than any answer does."""


class HttpTarget:
    """A target behind a config service. Safe to use from several threads."""

    def __init__(self, url: str, token: str = "", *, ca_file: Path | None = None, clock: Clock | None = None) -> None:
        """Take address, token, and the authorities to trust instead of the usual ones; nothing is opened yet."""
        self.label = checked_address(url, token)
        self._token = token
        self._ca_file = ca_file
        self._clock = clock or SystemClock()
        self._client: httpx.Client | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, as far as the token may see them, sorted."""
        with self._reading():
            fields = Fields(read_document(self._get("/v1/environments", LARGEST_DOCUMENT)))
            return tuple(sorted(entry.text("environment") for entry in fields.each("environments")))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._get_or_none(f"/v1/environments/{environment}/state", LARGEST_STATE)

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        return self._get_or_none(f"/v1/prompts/{prompt_id}/releases/{version}", LARGEST_DOCUMENT)

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        query = f"?revision={revision}&head={head}&limit={limit}"
        with self._reading():
            data = self._get(f"/v1/environments/{environment}/log{query}", MOST_EVENTS_BYTES)
            fields = Fields(read_document(data, largest=MOST_EVENTS_BYTES))
            return [canonical_json(event) for event in fields.list("events")]

    def commit(self, write: Write) -> None:
        """Send the step; the service answers when it is durable."""
        body = b'{"event":%s,"releases":[%s]}' % (write.event, b",".join(item.data for item in write.releases))
        headers = {
            "Content-Type": "application/json",
            "If-Match": f'"{write.environment}.{write.revision - 1}"',
            "Idempotency-Key": str(json.loads(write.event)["key"]),
        }
        import httpx

        path = f"/v1/environments/{write.environment}/changes"
        try:
            response = self._answered("POST", path, LARGEST_DOCUMENT, content=body, headers=headers)
        except _EndlessAnswerError as error:
            raise UnknownOutcomeError(str(error), where=self.label) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise self._unreachable(error) from None
        except httpx.HTTPError as error:
            message = f"the answer was lost ({type(error).__name__})."
            raise UnknownOutcomeError(message, where=self.label) from None
        self._check_made(response, write)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        clock = self._clock
        end = clock.monotonic() + timeout_seconds
        while True:
            left = end - clock.monotonic()
            seconds = max(0, min(int(left), LONGEST_WAIT_SECONDS))
            current = self._revision(environment, after, seconds)
            if current > after or end <= clock.monotonic():
                return current
            # less than a second is not asked for in one request; an environment that is not there is not waited for
            clock.sleep(min(0.05, max(end - clock.monotonic(), 0)))

    def clients_at(self, environment: str, revision: int) -> tuple[int, int]:
        """Return how many connected clients have confirmed `revision` or a later one, and how many are connected."""
        with self._reading():
            data = self._get(f"/v1/environments/{environment}/clients?revision={revision}", LARGEST_DOCUMENT)
            fields = Fields(read_document(data))
            return fields.integer("confirmed"), fields.integer("connected")

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _revision(self, environment: str, after: int, seconds: int) -> int:
        path = f"/v1/environments/{environment}/state?after={after}&wait={seconds}"
        with self._reading():
            response = self._send(path, LARGEST_STATE, seconds)
            if response.status_code == _NOT_FOUND:
                return 0
            if response.status_code == _NOT_MODIFIED:
                # "production.42", or "production.42.…" for a part of it
                return int(response.etag.strip('"').split(".")[1])
            self._check(response)
            return Fields(read_document(response.content, largest=LARGEST_STATE)).integer("revision")

    def _get_or_none(self, path: str, largest: int) -> bytes | None:
        response = self._send(path, largest)
        if response.status_code == _NOT_FOUND:
            return None
        self._check(response)
        return response.content

    def _get(self, path: str, largest: int) -> bytes:
        response = self._send(path, largest)
        self._check(response)
        return response.content

    def _send(self, path: str, largest: int, wait_seconds: float = 0) -> _Answer:
        import httpx

        try:
            return self._answered("GET", path, largest, seconds=TIMEOUT_SECONDS + wait_seconds)
        except _EndlessAnswerError as error:
            raise TargetError(str(error), where=self.label) from None
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _answered(
        self,
        method: str,
        path: str,
        largest: int,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = TIMEOUT_SECONDS,
    ) -> _Answer:
        """Return a whole answer of bounded size within a bounded time.

        Raises:
            _EndlessAnswerError: it is larger, or it drips; the timeout of the library is per read.
            httpx.HTTPError: there is none.
        """
        end = self._clock.monotonic() + seconds
        with self._opened().stream(method, path, content=content, headers=headers, timeout=seconds) as response:
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > largest:
                    message = f"the service answered with more than {largest} bytes."
                    raise _EndlessAnswerError(message)
                if self._clock.monotonic() > end:
                    message = f"the service did not end its answer within {seconds:.0f} seconds."
                    raise _EndlessAnswerError(message)
            return _Answer(response.status_code, bytes(body), response.headers.get("etag", ""))

    def _opened(self) -> httpx.Client:
        import httpx

        if self._client is None:
            headers = {"Accept-Encoding": "identity"}
            if self._token:
                headers["Authorization"] = f"Bearer {self._token}"
            verify = trusting(self._ca_file) if self._ca_file else True
            # no redirects and no proxy of the environment: the token is for this host alone
            self._client = httpx.Client(
                base_url=self.label,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                follow_redirects=False,
                trust_env=False,
                verify=verify,
            )
        return self._client

    def _check(self, response: _Answer) -> None:
        if response.status_code != _OK:
            raise self._problem(response)

    def _check_made(self, response: _Answer, write: Write) -> None:
        if response.status_code in (_OK, _CREATED):
            try:
                head = Fields(read_document(response.content)).text("head")
            except DocumentError:
                head = ""
            if head != write.head:
                message = "the service answered with something else than the step that was sent."
                raise UnknownOutcomeError(message, where=self.label)
            return
        raise self._problem(response, write)

    def _problem(self, response: _Answer, write: Write | None = None) -> Exception:
        """Return the error that an answer stands for."""
        code, message, hint, details = _told(response)
        if write and code == "stale-revision":
            return StaleRevisionError(
                write.environment,
                expected=write.revision - 1,
                current=int(details.get("revision", "0")),
                where=self.label,
            )
        if write and code == "release-exists":
            return ReleaseExistsError(details.get("prompt", "?"), int(details.get("version", "0")), where=self.label)
        if write and code in ("unknown-outcome", "bug"):
            return UnknownOutcomeError(message, where=self.label)
        if code == "damaged":
            return DamagedRecordError(message, where=self.label, hint=hint)
        if response.status_code == _UNAUTHORIZED:
            hint = f"Put a token of this service into {TOKEN_VARIABLE}."
        kind = _KINDS.get(response.status_code, TargetError)
        return kind(message, where=self.label, hint=hint)

    def _unreachable(self, error: Exception) -> TargetError:
        if trouble := tls_problem(error):
            message = f"the service cannot be trusted: {trouble}."
            hint = f"A private authority is named by {CA_VARIABLE}=ca.pem; http:// is for this machine alone."
            return TargetError(message, where=self.label, hint=hint)
        message = f"the service cannot be reached ({type(error).__name__})."
        hint = "Clients keep the prompts that they have."
        if type(error).__name__ in ("ReadError", "RemoteProtocolError") and self.label.startswith("http:"):
            # it listens, and ends the connection without a word of HTTP
            hint = f"Does it speak TLS there? Try https://{self.label.removeprefix('http://')}"
        return TargetError(message, where=self.label, hint=hint)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (DocumentError, ValueError, IndexError) as error:
            message = f"the service answered with something else than was asked for: {error}."
            raise TargetError(message, where=self.label) from None


def _told(response: _Answer) -> tuple[str, str, str | None, Mapping[str, str]]:
    """Return code, message, hint and details of a problem; anything may have answered, a proxy too."""
    try:
        fields = Fields(read_document(response.content)).fields("error")
        code, message = fields.text("code", most=50), fields.text("message")
        hint = fields.optional_text("hint") or None
        details = {name: str(fields.value(name)) for name in ("revision", "prompt", "version") if fields.has(name)}
    except DocumentError:
        return "", f"the service answered {response.status_code}.", None, {}
    return code, message, hint, details
