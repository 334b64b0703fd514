"""`redis://host:6379/0`: one step is one Lua script, which Redis runs alone.

The password comes from REDIS_PASSWORD. As durable as the server: set `appendonly yes` and `appendfsync always`,
or a power cut can take acknowledged changes away. All keys share a hash tag, so that a cluster keeps them together.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from llmops_cli.core.canonical_json import digest_of_bytes
from llmops_cli.core.errors import SetupError, TargetError, UsageError
from llmops_cli.core.release_target import ReleaseExistsError, StaleRevisionError, UnknownOutcomeError
from llmops_cli.release.polling import poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.release_target import Write
    from llmops_cli.release.opening import Surroundings

POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 10
_TAG = "{llmops}"
_RELEASES, _ENVIRONMENTS = f"{_TAG}:releases", f"{_TAG}:environments"

# KEYS: environment hash, events hash, releases hash, set of environments
# ARGV: name, revision, previous, head, state, event, then per release: field, bytes
_COMMIT = """
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
local head = redis.call('HGET', KEYS[1], 'head') or ''
if revision == tonumber(ARGV[2]) and head == ARGV[4] then return {'made'} end
if revision ~= tonumber(ARGV[2]) - 1 or head ~= ARGV[3] then return {'stale', tostring(revision)} end
for i = 7, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[3], ARGV[i])
  if known and known ~= ARGV[i + 1] then return {'exists', ARGV[i]} end
end
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[6])
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'head', ARGV[4], 'state', ARGV[5])
redis.call('SADD', KEYS[4], ARGV[1])
return {'made'}
"""


def open_target(uri: str, surroundings: Surroundings) -> RedisTarget:
    """Open the target of a `redis:` or `rediss:` URI.

    Raises:
        UsageError: the URI holds a password.
        SetupError: the package is not installed.
    """
    if urlsplit(uri).password:
        message = "a target URI holds no password."
        raise UsageError(message, hint="Put it into REDIS_PASSWORD.")
    return RedisTarget(uri, password=surroundings.environ.get("REDIS_PASSWORD", ""))


class RedisTarget:
    """A target in a Redis server."""

    def __init__(self, uri: str, *, password: str = "") -> None:
        """Take the address; the first use connects.

        Raises:
            SetupError: the package `redis` is not installed.
        """
        self.label = uri
        try:
            import redis  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            message = "the target needs the package redis, which is not installed."
            raise SetupError(message, where=uri, hint="pip install 'llmops-cli[redis]'") from error
        self._redis = redis
        self._client = redis.Redis.from_url(
            uri, password=password or None, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        with self._errors():
            return tuple(sorted(name.decode() for name in cast("set[bytes]", self._client.smembers(_ENVIRONMENTS))))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._field(_environment(environment), "state")

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        return self._field(_RELEASES, f"{prompt_id}/{version}")

    def read_events(
        self,
        environment: str,
        revision: int,
        head: str,
        *,
        limit: int = 100,
    ) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        wanted = [str(number) for number in range(revision, max(revision - limit, 0), -1)]
        with self._errors():
            found = cast("list[bytes | None]", self._client.hmget(_events(environment), wanted)) if wanted else []
        events: list[bytes] = []
        for data in found:
            if data is None:
                break
            events.append(data)
        return events if events and digest_of_bytes(events[0]) == head else []

    def commit(self, write: Write) -> None:
        """Make the step with one script."""
        keys = [_environment(write.environment), _events(write.environment), _RELEASES, _ENVIRONMENTS]
        arguments: list[Any] = [
            write.environment,
            write.revision,
            write.previous,
            write.head,
            write.state,
            write.event,
        ]
        for item in write.releases:
            arguments += [f"{item.prompt_id}/{item.version}", item.data]
        with self._errors(sent=True):
            answer = cast("list[bytes]", self._client.eval(_COMMIT, len(keys), *keys, *arguments))
        if answer[0] == b"stale":
            raise StaleRevisionError(
                write.environment, expected=write.revision - 1, current=int(answer[1]), where=self.label
            )
        if answer[0] == b"exists":
            prompt_id, _, version = answer[1].decode().rpartition("/")
            raise ReleaseExistsError(prompt_id, int(version), where=self.label)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        return poll(
            lambda: int(self._field(_environment(environment), "revision") or 0),
            after=after,
            timeout_seconds=timeout_seconds,
            every_seconds=POLL_SECONDS,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _field(self, key: str, name: str) -> bytes | None:
        with self._errors():
            return cast("bytes | None", self._client.hget(key, name))

    @contextmanager
    def _errors(self, *, sent: bool = False) -> Iterator[None]:
        try:
            yield
        except (self._redis.exceptions.TimeoutError, self._redis.exceptions.ConnectionError) as error:
            kind = UnknownOutcomeError if sent else TargetError
            message = f"Redis gave no answer: {error}."
            raise kind(message, where=self.label) from error
        except self._redis.exceptions.RedisError as error:
            message = f"Redis refused: {error}."
            raise TargetError(message, where=self.label) from error


def _environment(name: str) -> str:
    return f"{_TAG}:environment:{name}"


def _events(name: str) -> str:
    return f"{_TAG}:events:{name}"
