"""The SQLite file of the response cache: its layout, and opening it however it was left."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BUSY_SECONDS = 30.0
"""How long a process waits for another one's write."""

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, trial INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  completion BLOB NOT NULL, bytes INTEGER NOT NULL, stored_at REAL NOT NULL, used_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_used ON answers (used_at);
CREATE INDEX IF NOT EXISTS answers_request ON answers (request);
"""


_PRIMARY_CODE = 0xFF  # the rest of an error code of SQLite tells kinds of it apart


def open_cache_file(path: Path) -> sqlite3.Connection:
    """Open the file, made new where it is missing, damaged, or of another version: it is a cache.

    Raises:
        sqlite3.Error, OSError: when it cannot be used at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
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
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # another process is making the same file, and switches it: SQLite refuses a second switch without a wait
        if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
            raise
    # a power cut may lose the last answers of a cache, never its structure
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    if version != _SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    return connection


def _connection_to(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
