"""The contract, held by real servers: etcd, Redis, PostgreSQL, and moto's S3. Each comes as a package of the
extra `servers`; a machine without one of them does not test that target."""

from __future__ import annotations

import os
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

import pytest
from release.reliability.servers import SERVERS, Place, free_port, missing
from release.target_contract import TargetContract

from llmops_cli.core.errors import TargetError, UsageError
from llmops_cli.release.opening import Surroundings, open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llmops_cli.core.release_target import Target

pytestmark = pytest.mark.slow


class Stored(TargetContract):
    """A target that is opened from a URI, as the command line does; one server for the class, a place for each test."""

    publishers = 30
    server: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def fresh(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Place]]:
        with SERVERS[cls.server](tmp_path_factory.mktemp(cls.server)) as fresh:
            yield fresh

    @pytest.fixture(autouse=True)
    def place(self, fresh: Callable[[], Place]) -> None:
        self.where = fresh()

    def opened(self) -> AbstractContextManager[Target]:
        return closing(self.where.opened())


@pytest.mark.skipif(bool(missing("etcd")), reason=f"needs {missing('etcd')}")
class TestEtcd(Stored):
    server = "etcd"


@pytest.mark.skipif(bool(missing("redis")), reason=f"needs {missing('redis')}")
class TestRedis(Stored):
    server = "redis"


@pytest.mark.skipif(bool(missing("postgresql")), reason=f"needs {missing('postgresql')}")
class TestPostgresql(Stored):
    server = "postgresql"


@pytest.mark.skipif(bool(missing("s3")), reason=f"needs {missing('s3')}")
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
class TestS3(Stored):
    publishers = 15
    server = "s3"


@pytest.mark.skipif(os.environ.get("LLMOPS_TEST_SERVERS") != "1", reason="only .ci/run promises to have every server")
def test_no_server_is_missing_where_every_target_has_to_be_tested() -> None:
    assert {name: missing(name) for name in SERVERS if missing(name)} == {}


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
