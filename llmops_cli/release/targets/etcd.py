"""`etcd://host:2379/prefix` (`etcds:` for TLS): a step is one etcd transaction, through etcd's JSON gateway.

Releases are put first, each only if it is absent; then event, state and head together, compared with the head
that was there. A request holds at most 1.5 MiB by etcd's default, which bounds one release and the state.
ETCD_USER and ETCD_PASSWORD log in where the server asks for it. `wait` uses a watch.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmops_cli.core.canonical_json import digest_of_bytes
from llmops_cli.core.errors import TargetError, UsageError
from llmops_cli.core.release_target import ReleaseExistsError, StaleRevisionError, UnknownOutcomeError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.release.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from llmops_cli.core.release_target import StoredRelease, Write
    from llmops_cli.release.opening import Surroundings

TIMEOUT_SECONDS = 10.0
USUAL_PREFIX = "llmops"


def open_target(uri: str, surroundings: Surroundings) -> EtcdTarget:
    """Open the target of an `etcd:` or `etcds:` URI.

    Raises:
        UsageError: the URI holds a password, or has no host.
    """
    parts = urlsplit(uri)
    if parts.password:
        message = "a target URI holds no password."
        raise UsageError(message, hint="Put it into ETCD_PASSWORD.")
    if not parts.hostname:
        message = f"'{safe_text(uri, one_line=True)}' names no host."
        raise UsageError(message, hint="Write etcd://127.0.0.1:2379/llmops")
    scheme = "https" if parts.scheme == "etcds" else "http"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    environ = surroundings.environ
    login = (environ["ETCD_USER"], environ.get("ETCD_PASSWORD", "")) if environ.get("ETCD_USER") else None
    return EtcdTarget(f"{scheme}://{host}:{parts.port or 2379}", parts.path.strip("/") or USUAL_PREFIX, login=login)


class EtcdTarget:
    """A target in etcd."""

    def __init__(self, url: str, prefix: str = USUAL_PREFIX, *, login: tuple[str, str] | None = None) -> None:
        """Take the address; the first use connects."""
        self.label = f"etcd {url}/{prefix}"
        self._url = url
        self._prefix = prefix
        self._login = login
        self._client: httpx.Client | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        start = f"{self._prefix}/head/"
        answer = self._ask("kv/range", {"key": _b64(start), "range_end": _b64(start[:-1] + "0"), "keys_only": True})
        return tuple(sorted(b64decode(item["key"]).decode().removeprefix(start) for item in answer.get("kvs", ())))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._value(f"state/{environment}")

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        return self._value(f"release/{prompt_id}/{version}")

    def read_events(
        self,
        environment: str,
        revision: int,
        head: str,
        *,
        limit: int = 100,
    ) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        if revision < 1:
            return []
        answer = self._ask(
            "kv/range",
            {
                "key": _b64(self._event_key(environment, max(revision - limit, 0) + 1)),
                "range_end": _b64(self._event_key(environment, revision + 1)),
                "sort_order": "DESCEND",
                "sort_target": "KEY",
            },
        )
        found = [b64decode(item["value"]) for item in answer.get("kvs", ())]
        return found if found and digest_of_bytes(found[0]) == head else []

    def commit(self, write: Write) -> None:
        """Put what is new of the releases, then make the step in one transaction."""
        if self._check_head(write):
            return
        for item in write.releases:
            self._put_release(item)
        name = write.environment
        key = f"{self._prefix}/head/{name}"
        before = _head(write.revision - 1, write.previous)
        compare: dict[str, Any] = {"key": _b64(key), "target": "VALUE", "value": _b64(before)}
        if write.revision == 1:
            compare = {"key": _b64(key), "target": "CREATE", "create_revision": "0"}
        puts = {
            self._event_key(name, write.revision): write.event,
            f"{self._prefix}/state/{name}": write.state,
            key: _head(write.revision, write.head).encode(),
        }
        answer = self._ask(
            "kv/txn", {"compare": [compare], "success": [_put(*item) for item in puts.items()]}, sent=True
        )
        if not answer.get("succeeded") and not self._check_head(write):
            message = "the transaction failed without a reason."
            raise TargetError(message, where=self.label)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        clock = SystemClock()
        end = clock.monotonic() + timeout_seconds
        while True:
            # what changes between this read and the watch is seen by the watch: it starts after the read's revision
            answer = self._ask("kv/range", {"key": _b64(f"{self._prefix}/head/{environment}")})
            current = _revision(answer)
            left = end - clock.monotonic()
            if current > after or left <= 0:
                return current
            self._watch(environment, int(answer["header"]["revision"]) + 1, left)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _check_head(self, write: Write) -> bool:
        """Tell whether the step is made already, and refuse a stale one."""
        answer = self._ask("kv/range", {"key": _b64(f"{self._prefix}/head/{write.environment}")})
        found = b64decode(answer["kvs"][0]["value"]).decode() if answer.get("kvs") else _head(0, "")
        if found == _head(write.revision, write.head):
            return True
        if found != _head(write.revision - 1, write.previous):
            current = int(found.partition(" ")[0])
            raise StaleRevisionError(write.environment, expected=write.revision - 1, current=current, where=self.label)
        return False

    def _put_release(self, item: StoredRelease) -> None:
        key = f"{self._prefix}/release/{item.prompt_id}/{item.version}"
        absent = {"key": _b64(key), "target": "CREATE", "create_revision": "0"}
        answer = self._ask("kv/txn", {"compare": [absent], "success": [_put(key, item.data)]})
        if not answer.get("succeeded") and self.read_release(item.prompt_id, item.version) != item.data:
            raise ReleaseExistsError(item.prompt_id, item.version, where=self.label)

    def _value(self, name: str) -> bytes | None:
        found = self._ask("kv/range", {"key": _b64(f"{self._prefix}/{name}")}).get("kvs")
        return b64decode(found[0].get("value", "")) if found else None

    def _event_key(self, environment: str, revision: int) -> str:
        return f"{self._prefix}/event/{environment}/{revision:015d}"

    def _watch(self, environment: str, start: int, seconds: float) -> None:
        """Return when the head changes at or after etcd's revision `start`, or the time is over."""
        import httpx

        request = {"create_request": {"key": _b64(f"{self._prefix}/head/{environment}"), "start_revision": str(start)}}
        timeout = httpx.Timeout(TIMEOUT_SECONDS, read=seconds)
        try:
            with self._errors(sent=False):
                client = self._connected()
                with client.stream("POST", f"{self._url}/v3/watch", json=request, timeout=timeout) as answer:
                    for line in answer.iter_lines():
                        if '"events"' in line:
                            return
        except TargetError as error:
            if not isinstance(error.__cause__, httpx.ReadTimeout):
                raise

    def _ask(self, path: str, body: dict[str, Any], *, sent: bool = False) -> dict[str, Any]:
        with self._errors(sent=sent):
            answer = self._connected().post(f"{self._url}/v3/{path}", json=body)
            if answer.status_code != 200:  # noqa: PLR2004 - OK
                told = shortened(safe_text(answer.text, one_line=True), 200)
                message = f"etcd answered HTTP {answer.status_code}: {told}"
                raise TargetError(message, where=self.label)
            found: dict[str, Any] = answer.json()
            return found

    def _connected(self) -> httpx.Client:
        if self._client is None:
            import httpx

            self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
            if self._login:
                name, password = self._login
                answer = self._client.post(
                    f"{self._url}/v3/auth/authenticate", json={"name": name, "password": password}
                )
                if answer.status_code != 200:  # noqa: PLR2004 - OK
                    message = "etcd does not let us in."
                    raise TargetError(message, where=self.label, hint="Look at ETCD_USER and ETCD_PASSWORD.")
                self._client.headers["Authorization"] = answer.json()["token"]
        return self._client

    @contextmanager
    def _errors(self, *, sent: bool) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            message = f"etcd cannot be reached: {error}."
            raise TargetError(message, where=self.label) from error
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            kind = UnknownOutcomeError if sent else TargetError
            message = f"etcd gave no whole answer: {error}."
            raise kind(message, where=self.label) from error


def _b64(data: str | bytes) -> str:
    return b64encode(data.encode() if isinstance(data, str) else data).decode()


def _put(key: str, value: bytes) -> dict[str, Any]:
    return {"request_put": {"key": _b64(key), "value": _b64(value)}}


def _head(revision: int, digest: str) -> str:
    return f"{revision} {digest}"


def _revision(answer: dict[str, Any]) -> int:
    found = answer.get("kvs")
    return int(b64decode(found[0]["value"]).decode().partition(" ")[0]) if found else 0
