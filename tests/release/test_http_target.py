"""The contract of targets, held by the config service over a real socket."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from release.running import Running, make_token, running
from release.samples import publish, release
from release.target_contract import TargetContract

from llmops_cli.core.errors import RefusedError, SetupError, TargetError, UsageError
from llmops_cli.release.targets.http import HttpTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llmops_cli.core.release_target import Target


class TestHttp(TargetContract):
    publishers = 20

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> Iterator[None]:
        self.token = make_token(tmp_path / "tokens.json", "admin:*")
        with running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json") as service:
            self.service = service
            yield

    def opened(self) -> AbstractContextManager[Target]:
        return closing(HttpTarget(self.service.url, self.token))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json") as found:
        yield found


def test_without_a_token_the_set_up_is_missing(service: Running) -> None:
    service.token("read:*")
    with closing(HttpTarget(service.url)) as target, pytest.raises(SetupError, match="token"):
        target.read_state("production")


def test_a_token_that_reads_cannot_publish(service: Running) -> None:
    with closing(HttpTarget(service.url, service.token("read:*"))) as target:
        with pytest.raises(RefusedError, match="nothing may be changed"):
            publish(target, release(1))
        assert target.read_state("production") is None


def test_a_service_that_is_gone_is_a_target_that_failed() -> None:
    with closing(HttpTarget("http://127.0.0.1:9")) as target:
        with pytest.raises(TargetError, match="cannot be reached"):
            target.read_state("production")
        with pytest.raises(TargetError, match="cannot be reached"):
            target.clients_at("production", 1)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://prompts.example.org", "secret"),
        ("https://someone:secret@prompts.example.org", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("https://prompts.example.org?x=1", ""),
    ],
)
def test_addresses_that_would_leak_or_are_none_are_refused(url: str, token: str) -> None:
    with pytest.raises(UsageError) as refused:
        HttpTarget(url, token)
    assert "secret" not in str(refused.value)
