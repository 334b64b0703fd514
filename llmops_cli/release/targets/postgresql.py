"""`postgresql://user@host/database`: one step is one transaction that holds the environment's row.

The password comes from PGPASSWORD or ~/.pgpass, as for every PostgreSQL client. `wait` listens to the
notifications that commits send. Durable as the server's `synchronous_commit`, which is on by default.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from llmops_cli.core.errors import SetupError, TargetError, UsageError
from llmops_cli.core.release_target import ReleaseExistsError, StaleRevisionError, UnknownOutcomeError
from llmops_cli.release.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from llmops_cli.core.release_target import Write
    from llmops_cli.release.opening import Surroundings

CONNECT_SECONDS = 10
_TABLES = """
CREATE TABLE IF NOT EXISTS llmops_releases (
    prompt_id text, version integer, data bytea NOT NULL, PRIMARY KEY (prompt_id, version)
);
CREATE TABLE IF NOT EXISTS llmops_environments (
    name text PRIMARY KEY, revision bigint NOT NULL, head text NOT NULL, state bytea
);
CREATE TABLE IF NOT EXISTS llmops_events (
    environment text, revision bigint, digest text NOT NULL, data bytea NOT NULL, PRIMARY KEY (environment, revision)
);
"""
_MAKE_TABLES_KEY = 7_361_955_201
"""The advisory lock under which tables are made: CREATE TABLE IF NOT EXISTS alone fails when two do it at once."""


def open_target(uri: str, surroundings: Surroundings) -> PostgresqlTarget:
    """Open the target of a `postgresql:` URI.

    Raises:
        UsageError: the URI holds a password.
        SetupError: psycopg is not installed.
    """
    if urlsplit(uri).password:
        message = "a target URI holds no password."
        raise UsageError(message, hint="Put it into PGPASSWORD or ~/.pgpass.")
    return PostgresqlTarget(uri, password=surroundings.environ.get("PGPASSWORD", ""))


class PostgresqlTarget:
    """A target in a PostgreSQL database."""

    def __init__(self, uri: str, *, password: str = "") -> None:
        """Take the address; nothing is opened yet."""
        self.label = uri.partition("?")[0]
        self._uri = uri
        self._password = password
        self._lock = RLock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        rows = self._rows("SELECT name FROM llmops_environments WHERE revision > 0")
        return tuple(sorted(str(row[0]) for row in rows))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._blob("SELECT state FROM llmops_environments WHERE name = %s", environment)

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        return self._blob("SELECT data FROM llmops_releases WHERE prompt_id = %s AND version = %s", prompt_id, version)

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        query = (
            "SELECT data, digest FROM llmops_events"
            " WHERE environment = %s AND revision <= %s AND revision > %s ORDER BY revision DESC"
        )
        rows = self._rows(query, environment, revision, revision - limit)
        return [bytes(row[0]) for row in rows] if rows and rows[0][1] == head else []

    def commit(self, write: Write) -> None:
        """Make the step in one transaction."""
        with self._lock, self._errors():
            cursor = self._open().cursor()
            try:
                if self._made(cursor, write):
                    cursor.connection.rollback()
                    return
                self._insert(cursor, write)
            except BaseException:
                cursor.connection.rollback()
                raise
            self._finish(cursor)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        clock = SystemClock()
        end = clock.monotonic() + timeout_seconds
        with self._lock, self._errors():
            connection = self._open()
            connection.execute("LISTEN llmops")
            connection.commit()
            while True:
                current = self._revision(environment)
                left = end - clock.monotonic()
                if current > after or left <= 0:
                    return current
                for _ in connection.notifies(timeout=left, stop_after=1):
                    pass

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _made(self, cursor: psycopg.Cursor[tuple[Any, ...]], write: Write) -> bool:
        """Lock the environment; tell whether the step is made already, and refuse a stale one."""
        cursor.execute(
            "INSERT INTO llmops_environments VALUES (%s, 0, '', NULL) ON CONFLICT DO NOTHING", (write.environment,)
        )
        cursor.execute(
            "SELECT revision, head FROM llmops_environments WHERE name = %s FOR UPDATE", (write.environment,)
        )
        revision, head = cast("tuple[int, str]", cursor.fetchone())
        if (revision, head) == (write.revision, write.head):
            return True
        if (revision, head) != (write.revision - 1, write.previous):
            raise StaleRevisionError(write.environment, expected=write.revision - 1, current=revision, where=self.label)
        return False

    def _insert(self, cursor: psycopg.Cursor[tuple[Any, ...]], write: Write) -> None:
        for item in write.releases:
            cursor.execute(
                "INSERT INTO llmops_releases VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (item.prompt_id, item.version, item.data),
            )
            stored = cursor.execute(
                "SELECT data FROM llmops_releases WHERE prompt_id = %s AND version = %s", (item.prompt_id, item.version)
            ).fetchone()
            if stored is None or bytes(stored[0]) != item.data:
                raise ReleaseExistsError(item.prompt_id, item.version, where=self.label)
        cursor.execute(
            "INSERT INTO llmops_events VALUES (%s, %s, %s, %s)",
            (write.environment, write.revision, write.head, write.event),
        )
        cursor.execute(
            "UPDATE llmops_environments SET revision = %s, head = %s, state = %s WHERE name = %s",
            (write.revision, write.head, write.state, write.environment),
        )
        cursor.execute("NOTIFY llmops")

    def _finish(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        import psycopg  # noqa: PLC0415 - an extra

        try:
            cursor.connection.commit()
        except psycopg.Error as error:
            self.close()
            message = f"the step may not have been made: {error}."
            raise UnknownOutcomeError(message, where=self.label) from error

    def _revision(self, environment: str) -> int:
        rows = self._rows("SELECT revision FROM llmops_environments WHERE name = %s", environment)
        return int(rows[0][0]) if rows else 0

    def _blob(self, query: str, *values: object) -> bytes | None:
        rows = self._rows(query, *values)
        return bytes(rows[0][0]) if rows and rows[0][0] is not None else None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, self._errors():
            connection = self._open()
            rows = connection.execute(query, values).fetchall()
            connection.commit()
            return rows

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None:
            import psycopg  # noqa: PLC0415 - an extra

            password = self._password or None
            connection = psycopg.connect(self._uri, connect_timeout=CONNECT_SECONDS, password=password)
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKE_TABLES_KEY,))
                connection.execute(_TABLES)
            self._connection = connection
        return self._connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            message = "the target needs psycopg, which is not installed."
            raise SetupError(message, where=self.label, hint="pip install 'llmops-cli[postgresql]'") from error
        try:
            yield
        except psycopg.Error as error:
            self.close()
            message = f"the database cannot be used: {str(error).strip()}."
            raise TargetError(message, where=self.label) from error
