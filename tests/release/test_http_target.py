"""The contract of targets, held by the config service over a real socket."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from release.running import Running, make_token, running
from release.samples import intent, publish, publish_plan, release
from release.target_contract import TargetContract

from llmops_cli.core.environment_state import EnvironmentState
from llmops_cli.core.errors import RefusedError, SetupError, TargetError, UsageError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_target import StaleRevisionError, UnknownOutcomeError
from llmops_cli.release.apply import event_of, write_of
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_state
from llmops_cli.release.targets.http import HttpTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llmops_cli.core.release_target import Target, Write


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


def test_a_loser_finds_the_revision_that_it_is_told(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def blind(*, names: bool) -> None:
        """Leave what others write past the service to be found out by a change."""

    monkeypatch.setattr(service.hub, "_look", blind)
    # a look that is under way when it is replaced ends before anything is written
    time.sleep(0.1)
    with closing(HttpTarget(service.url, service.token("admin:*"))) as target:
        publish(target, release(1))
        state, plan = load_state(target, "production"), publish_plan(target, release(3))
        late = write_of(state, event_of(plan, state, at="2026-11-23T03:00:00.000Z"), plan.releases)
        publish(service.target, release(2))
        with pytest.raises(StaleRevisionError) as refused:
            target.commit(late)
        assert refused.value.current == 2
        assert load_state(target, "production").revision == 2


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


class Hasty:
    """A clock for which each look is ten seconds later."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        self.seconds += 10
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@contextmanager
def answering(*parts: bytes) -> Iterator[str]:
    """Answer each request with these parts, one after the other, and hang up."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    for part in parts:
                        connection.sendall(part)
                except OSError:
                    continue

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_an_answer_without_an_end_is_a_target_that_failed() -> None:
    flood = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    with answering(HEAD, *[flood] * 8) as url, closing(HttpTarget(url)) as target:
        with pytest.raises(TargetError, match="more than 4194304 bytes"):
            target.read_state("production")
        with pytest.raises(TargetError, match="more than 1048576 bytes"):
            target.read_release("summarize-email", 1)
        with pytest.raises(UnknownOutcomeError):
            target.commit(write_of_one())


def test_an_answer_that_drips_is_given_up() -> None:
    drip = [b"1\r\n \r\n"] * 50
    with (
        answering(HEAD, *drip, b"0\r\n\r\n") as url,
        closing(HttpTarget(url, clock=Hasty())) as target,
        pytest.raises(TargetError, match="did not end its answer within 20 seconds"),
    ):
        target.read_state("production")


def test_an_answer_that_breaks_off_is_a_target_that_failed() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{") as url, closing(HttpTarget(url)) as target:
        with pytest.raises(TargetError, match="cannot be reached"):
            target.read_state("production")
        with pytest.raises(UnknownOutcomeError):
            target.commit(write_of_one())


def write_of_one() -> Write:
    state = EnvironmentState(environment="production")
    change = Change(prompt_id="summarize-email", after=release(1).ref())
    plan = Plan(
        environment="production",
        revision=0,
        kind=EventKind.PUBLISH,
        intent=intent(),
        changes=(change,),
        sentences=("x",),
    )
    return write_of(state, event_of(plan, state, at="2026-11-23T03:00:00.000Z"), (release(1),))
