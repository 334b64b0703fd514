"""The response cache: answers by request, trial and provider, in one SQLite file that processes share."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from llmops_cli.core.canonical_json import digest_of_bytes
from llmops_cli.core.completion_json import completion_as_json, completion_from_json
from llmops_cli.core.completions import CompletionSource
from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.cache_file import open_cache_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

DEFAULT_LIMIT_BYTES = 256 * 1024 * 1024
"""The size of stored answers beyond which the least recently used ones go."""

KEEP_FRACTION = 0.9
"""What is kept of the limit when some must go, so that not every answer evicts another one."""

_TOUCH_EVERY = 256
_WRITE_EVERY = 16


class _Row(NamedTuple):
    """A row of the table, its columns in order."""

    key: str
    request: str
    trial: int
    provider: str
    model: str
    completion: bytes
    size_bytes: int
    stored_at: float
    used_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """`text` is the key itself; the rest is what it is made of, kept for people who ask what is in the cache."""

    text: str
    request_digest: str
    trial: int
    model: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """One row, for people: what is kept, since when, and when it last served. Times in seconds since 1970."""

    key: str
    request_digest: str
    trial: int
    model: str
    provider: JsonObject
    size_bytes: int
    stored_at: float
    used_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSummary:
    """What the cache holds in all, and how much of it per model."""

    answers: int
    size_bytes: int
    limit_bytes: int
    by_model: Mapping[str, int]


class ResponseCache:
    """Answers that were paid for once."""

    def __init__(
        self,
        path: Path,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open nothing before the first question."""
        self.path = path
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._touched: dict[str, float] = {}
        self._unwritten: dict[str, _Row] = {}
        self._stored_bytes: int | None = None
        self._reading = False

    def get(self, key: str) -> Completion | None:
        """Return the answer under `key`, None when there is none or it cannot be read."""
        if key in self._unwritten:
            return _completion(self._unwritten[key].completion)
        if self._connection is None and not self.path.exists():
            return None
        with self._errors():
            row = self._reader().execute("SELECT completion FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        self._touch(key)
        return _completion(row[0])

    def put(self, key: CacheKey, completion: Completion) -> None:
        """Keep an answer; it is written with the next few, and then the least recently used go if it is too many.

        A process that is killed may lose the last 15: a transaction for each would take longer than all the rest.
        """
        data = json.dumps(completion_as_json(completion), ensure_ascii=False, separators=(",", ":")).encode()
        now = self._clock()
        row = _Row(key.text, key.request_digest, key.trial, key.identity, key.model, data, len(data), now, now)
        self._unwritten[key.text] = row
        if len(self._unwritten) >= _WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """Write what `put` has kept back."""
        if not self._unwritten:
            return
        with self._errors():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                list(self._unwritten.values()),
            )
            connection.execute("COMMIT")
            added = sum(row.size_bytes for row in self._unwritten.values())
            self._unwritten.clear()
            self._stored_bytes = self._size() if self._stored_bytes is None else self._stored_bytes + added
            if self._stored_bytes > self._limit_bytes:
                self._evict()

    def summary(self) -> CacheSummary:
        """Return what the cache holds."""
        self.write()
        by_model: dict[str, int] = {}
        if self.path.exists():
            with self._errors():
                by_model = dict(self._open().execute("SELECT model, COUNT(*) FROM answers GROUP BY model ORDER BY 1"))
        return CacheSummary(
            answers=sum(by_model.values()),
            size_bytes=self._size() if by_model else 0,
            limit_bytes=self._limit_bytes,
            by_model=by_model,
        )

    def explain(self, request_digest: str) -> tuple[CachedAnswer, ...]:
        """Return the answers to one request: one per trial and provider identity. A prefix of the digest will do."""
        self.write()
        if not self.path.exists():
            return ()
        # the digest is hexadecimal: no wildcard of LIKE can come in
        prefix = "sha256:" + "".join(c for c in request_digest.removeprefix("sha256:") if c in "0123456789abcdef")
        columns = "key, request, trial, model, provider, bytes, stored_at, used_at"
        query = f"SELECT {columns} FROM answers WHERE request LIKE ? ORDER BY request, trial, key"  # noqa: S608
        with self._errors():
            rows = self._open().execute(query, (prefix + "%",)).fetchall()
        return tuple(_cached_answer(row) for row in rows)

    def clear(self) -> int:
        """Remove every answer and return how many there were."""
        self.write()
        if not self.path.exists():
            return 0
        with self._errors():
            removed = self._open().execute("DELETE FROM answers").rowcount
            self._open().execute("VACUUM")
        self._touched.clear()
        self._stored_bytes = 0
        return removed

    def close(self) -> None:
        """Write what is left, note what was used, and close the file."""
        self.write()
        if self._connection is not None:
            with self._errors():
                self._write_touched()
            self._connection.close()
            self._connection = None
            self._reading = False

    def _touch(self, key: str) -> None:
        # noted in batches: a write for each read would cost more than the read
        self._touched[key] = self._clock()
        if len(self._touched) >= _TOUCH_EVERY:
            with self._errors():
                self._write_touched()

    def _write_touched(self) -> None:
        if self._touched:
            rows = [(used_at, key) for key, used_at in self._touched.items()]
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("UPDATE answers SET used_at = ? WHERE key = ?", rows)
            connection.execute("COMMIT")
            self._touched.clear()

    def _size(self) -> int:
        return int(self._open().execute("SELECT COALESCE(SUM(bytes), 0) FROM answers").fetchone()[0])

    def _evict(self) -> None:
        self._write_touched()
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        # other processes write as well: what counts is what is there now
        excess = self._size() - int(self._limit_bytes * KEEP_FRACTION)
        gone: list[tuple[str]] = []
        for key, size in connection.execute("SELECT key, bytes FROM answers ORDER BY used_at, key"):
            if excess <= 0:
                break
            gone.append((key,))
            excess -= size
        connection.executemany("DELETE FROM answers WHERE key = ?", gone)
        connection.execute("COMMIT")
        self._stored_bytes = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_cache_file(self.path)
        elif self._reading:
            self._connection.execute("COMMIT")
            self._reading = False
        return self._connection

    def _reader(self) -> sqlite3.Connection:
        """Return the connection within a transaction that reads until the next write, of answers or of their use.

        Each read by itself would lock and unlock the file, which takes longer than the read.
        """
        if self._reading and self._connection is not None:
            return self._connection
        connection = self._open()
        connection.execute("BEGIN")
        self._reading = True
        return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            message = f"the response cache cannot be used: {error}."
            hint = "Remove the file, or run without it: --no-cache"
            raise SetupError(message, where=str(self.path), hint=hint) from error


def cache_key(request: CompletionRequest, identity: bytes) -> CacheKey:
    """Return the key of an answer: the request, the number of the repeat, and who answers (as canonical JSON)."""
    request_digest = request.digest()
    return CacheKey(
        text=digest_of_bytes(b"%s %d %s" % (request_digest.encode(), request.trial, identity)),
        request_digest=request_digest,
        trial=request.trial,
        model=request.model.name,
        identity=identity.decode(),
    )


def _completion(data: bytes) -> Completion | None:
    try:
        document = cast("Mapping[str, JsonValue]", json.loads(data))
        return completion_from_json(document, source=CompletionSource.CACHE)
    except (KeyError, TypeError, ValueError):
        return None


def _cached_answer(row: tuple[str, str, int, str, str, int, float, float]) -> CachedAnswer:
    key, request_digest, trial, model, provider, size_bytes, stored_at, used_at = row
    return CachedAnswer(
        key=key,
        request_digest=request_digest,
        trial=trial,
        model=model,
        provider=json.loads(provider),
        size_bytes=size_bytes,
        stored_at=stored_at,
        used_at=used_at,
    )
