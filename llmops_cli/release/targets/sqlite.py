"""`sqlite:releases.db`: one file; a step is one transaction, durable when `commit` returns.

WAL with `synchronous=FULL`: a commit returns after its frames are on disk. The file is created by the first
commit; reading a file that is not there finds nothing and creates nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from llmops_cli.core.errors import TargetError
from llmops_cli.core.release_target import (
    DamagedRecordError,
    ReleaseExistsError,
    StaleRevisionError,
    UnknownOutcomeError,
)
from llmops_cli.release.atomic_files import make_folder
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.opening import Surroundings, path_in_uri
from llmops_cli.release.polling import poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llmops_cli.core.release_target import Write

BUSY_SECONDS = 15.0
_BETWEEN_TRIES_SECONDS = 0.005
_PRIMARY_CODE = 0xFF  # the rest of an error code of SQLite tells kinds of it apart
POLL_SECONDS = 0.05
SCHEMA_VERSION = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS releases (
    prompt_id TEXT NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (prompt_id, version)
) STRICT;
CREATE TABLE IF NOT EXISTS environments (
    name TEXT PRIMARY KEY, revision INTEGER NOT NULL, head TEXT NOT NULL, state BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
    environment TEXT NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (environment, revision)
) STRICT;
"""


def open_target(uri: str, surroundings: Surroundings) -> SqliteTarget:
    """Open the target of a `sqlite:` URI."""
    return SqliteTarget(path_in_uri(uri, surroundings))


class SqliteTarget:
    """A target in one SQLite file. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Take the path; nothing is opened yet."""
        self.label = f"sqlite:{path}"
        self._path = path
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        return tuple(str(row[0]) for row in self._rows("SELECT name FROM environments ORDER BY name"))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._blob("SELECT state FROM environments WHERE name = ?", environment)

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none.

        Raises:
            DamagedRecordError: its page is damaged; others may be fine.
        """
        try:
            return self._blob("SELECT data FROM releases WHERE prompt_id = ? AND version = ?", prompt_id, version)
        except TargetError as error:
            if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
            message = f"{prompt_id}-v{version} lies on a damaged page of the database."
            raise DamagedRecordError(message, where=self.label) from error

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        rows = self._rows(
            "SELECT data, digest FROM events WHERE environment = ? AND revision <= ? AND revision > ?"
            " ORDER BY revision DESC",
            environment,
            revision,
            revision - limit,
        )
        return [bytes(row[0]) for row in rows] if rows and rows[0][1] == head else []

    def commit(self, write: Write) -> None:
        """Make the step in one transaction."""
        with self._lock, self._errors("written"):
            connection = self._open(create=True)
            connection.execute("BEGIN IMMEDIATE")
            try:
                made = self._newest(connection, write.environment) == (write.revision, write.head)
                if not made:
                    self._check(connection, write)
                    _insert(connection, write)
            except BaseException:
                connection.rollback()
                raise
            self._finish(connection, made=made)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        return poll(
            lambda: self._revision(environment),
            after=after,
            timeout_seconds=timeout_seconds,
            every_seconds=POLL_SECONDS,
        )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _check(self, connection: sqlite3.Connection, write: Write) -> None:
        revision, head = self._newest(connection, write.environment)
        if (revision, head) != (write.revision - 1, write.previous):
            raise StaleRevisionError(write.environment, expected=write.revision - 1, current=revision, where=self.label)
        for release in write.releases:
            stored = connection.execute(
                "SELECT data FROM releases WHERE prompt_id = ? AND version = ?", (release.prompt_id, release.version)
            ).fetchone()
            if stored is not None and bytes(stored[0]) != release.data:
                raise ReleaseExistsError(release.prompt_id, release.version, where=self.label)

    def _newest(self, connection: sqlite3.Connection, environment: str) -> tuple[int, str]:
        query = "SELECT revision, head FROM environments WHERE name = ?"
        found = connection.execute(query, (environment,)).fetchone()
        return (int(found[0]), str(found[1])) if found else (0, "")

    def _finish(self, connection: sqlite3.Connection, *, made: bool) -> None:
        try:
            connection.execute("COMMIT")
            if made:
                # the attempt whose answer was lost may have ended before its frames were on disk
                connection.execute("PRAGMA wal_checkpoint(FULL)")
        except sqlite3.Error as error:
            # the frames may or may not have reached the disk: only reading again tells
            connection.rollback()
            self.close()
            message = f"the step may not have been made: {error}."
            raise UnknownOutcomeError(message, where=self.label) from error

    def _revision(self, environment: str) -> int:
        rows = self._rows("SELECT revision FROM environments WHERE name = ?", environment)
        return int(rows[0][0]) if rows else 0

    def _blob(self, query: str, *values: object) -> bytes | None:
        rows = self._rows(query, *values)
        return bytes(rows[0][0]) if rows else None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, self._errors("read"):
            if self._connection is None and not self._path.exists():
                return []
            return self._open(create=False).execute(query, values).fetchall()

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if self._connection is None:
            if create:
                # SQLite makes the file durable, not the folders above it
                make_folder(self._path.absolute().parent)
            connection = sqlite3.connect(
                self._path.absolute().as_uri() + f"?mode={'rwc' if create else 'rw'}",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            message = f"the database cannot be {done}: {error}."
            raise TargetError(message, where=self.label) from error


def _prepare(connection: sqlite3.Connection) -> None:
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        message = f"written by a newer llmops (schema {version}, this one knows {SCHEMA_VERSION}); upgrade llmops"
        raise sqlite3.DatabaseError(message)
    if version < SCHEMA_VERSION:
        connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL, which stays with it. Of several that open a new file at once one does it.

    The others are refused without SQLite's own wait for a lock, so the wait is here.
    """
    clock = SystemClock()
    end = clock.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
            if not busy or clock.monotonic() >= end:
                raise
            clock.sleep(_BETWEEN_TRIES_SECONDS)
        else:
            return


def _insert(connection: sqlite3.Connection, write: Write) -> None:
    connection.executemany(
        "INSERT INTO releases VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(release.prompt_id, release.version, release.data) for release in write.releases],
    )
    connection.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?)", (write.environment, write.revision, write.head, write.event)
    )
    connection.execute(
        "INSERT INTO environments VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET revision = excluded.revision, head = excluded.head, state = excluded.state",
        (write.environment, write.revision, write.head, write.state),
    )
