"""The response cache: answers by request, trial and provider, in one SQLite file that processes share."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import canonical_json, digest_of
from llmops_cli.core.completion_json import completion_as_json, completion_from_json
from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

DEFAULT_LIMIT_BYTES = 256 * 1024 * 1024
"""The size of stored answers beyond which the least recently used ones go."""

KEEP_FRACTION = 0.9
"""What is kept of the limit when some must go, so that not every answer evicts another one."""

BUSY_SECONDS = 30.0
"""How long a process waits for another one's write."""

_SCHEMA_VERSION = 1
_TOUCH_EVERY = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, trial INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  completion BLOB NOT NULL, bytes INTEGER NOT NULL, stored_at REAL NOT NULL, used_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_used ON answers (used_at);
CREATE INDEX IF NOT EXISTS answers_request ON answers (request);
"""


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
    """Answers that were paid for once. A file of another layout, or a damaged one, is started afresh: it is a cache."""

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
        self._stored_bytes: int | None = None

    def get(self, key: str) -> Completion | None:
        """Return the answer under `key`, None when there is none or it cannot be read."""
        if self._connection is None and not self.path.exists():
            return None
        with self._errors():
            row = self._open().execute("SELECT completion FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            completion = completion_from_json(cast("Mapping[str, JsonValue]", json.loads(row[0])))
        except (KeyError, TypeError, ValueError):
            return None
        self._touch(key)
        return completion

    def put(self, key: str, request: CompletionRequest, identity: JsonObject, completion: Completion) -> None:
        """Keep an answer, and let the least recently used ones go when the limit is passed."""
        data = canonical_json(completion_as_json(completion))
        now = self._clock()
        row = (key, request.digest(), request.trial, canonical_json(identity).decode(), request.model.name)
        with self._errors():
            connection = self._open()
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, data, len(data), now, now),
            )
            self._stored_bytes = self._size() if self._stored_bytes is None else self._stored_bytes + len(data)
            if self._stored_bytes > self._limit_bytes:
                self._evict()

    def summary(self) -> CacheSummary:
        """Return what the cache holds."""
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
        if not self.path.exists():
            return 0
        with self._errors():
            removed = self._open().execute("DELETE FROM answers").rowcount
            self._open().execute("VACUUM")
        self._touched.clear()
        self._stored_bytes = 0
        return removed

    def close(self) -> None:
        """Note what was used and close the file."""
        if self._connection is not None:
            with self._errors():
                self._write_touched()
            self._connection.close()
            self._connection = None

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
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(self.path)
        return self._connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            message = f"the response cache cannot be used: {error}."
            hint = "Remove the file, or run without it: --no-cache"
            raise SetupError(message, where=str(self.path), hint=hint) from error


def cache_key(request: CompletionRequest, identity: JsonObject) -> str:
    """Return the key of an answer: the request, the number of the repeat, and who answers."""
    return digest_of({"identity": identity, "request": request.digest(), "trial": request.trial})


def _connect(path: Path) -> sqlite3.Connection:
    connection = _connection_to(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        version = None
    if version not in {0, _SCHEMA_VERSION}:
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        connection = _connection_to(path)
    connection.execute("PRAGMA journal_mode = WAL")
    # a power cut may lose the last answers of a cache, never its structure
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    return connection


def _connection_to(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


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
