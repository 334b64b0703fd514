"""`eval --batch`: half the price, and a batch that was handed in is never handed in again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from commands.llmops import llmops
from commands.world import example
from gateway.protocol_server import Fault, ProtocolServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASES = 22
KEYS = {"OPENAI_API_KEY": "test-key", "ANTHROPIC_API_KEY": "test-key"}


@contextlib.contextmanager
def serving() -> Iterator[ProtocolServer]:
    """Run the protocol server in a thread; the command has an event loop of its own."""
    server = ProtocolServer()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmops_cli.commands._eval_batch.FIRST_WAIT_SECONDS", 0.01)


def repository(folder: Path, server: ProtocolServer, *, protocol: str = "openai", budget: str = "") -> Path:
    example(folder)
    base = f"{server.url}/v1" if protocol == "openai" else server.url
    settings = (
        f"providers:\n  remote: {{protocol: {protocol}, base_url: '{base}'}}\n"
        f"models:\n  remote/m: {{price: {{input_usd_per_million: 1000, output_usd_per_million: 2000}}}}\n{budget}"
    )
    (folder / "llmops.yaml").write_text(settings, encoding="utf-8")
    return folder


def run_of(folder: Path) -> Any:
    newest = max((folder / ".llmops/runs").iterdir())
    return json.loads((newest / "run.json").read_text())


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_batch_answers_every_case_at_half_the_price(tmp_path: Path, server: ProtocolServer, protocol: str) -> None:
    repository(tmp_path, server, protocol=protocol)
    outcome = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert outcome.code == 7
    assert "22 of 22 cases pass" in outcome.out
    assert "22 requests handed in" in outcome.err
    assert len(server.batches.created) == 1
    assert not [request for request in server.received if request.path.endswith(("/completions", "/v1/messages"))]
    batched = run_of(tmp_path)["spending"]
    assert llmops("eval", "--model", "remote/m", "--no-cache", folder=tmp_path).code == 7
    single = run_of(tmp_path)["spending"]
    assert batched["cost_usd"] == pytest.approx(single["cost_usd"] / 2)
    assert batched["paid_usd"] == batched["cost_usd"] > 0


def test_the_plan_says_the_price_of_the_batch(tmp_path: Path, server: ProtocolServer) -> None:
    repository(tmp_path, server)
    told = [
        llmops("eval", "--model", "remote/m", "--dry-run", *more, folder=tmp_path).err for more in ((), ("--batch",))
    ]
    prices = [float(text.partition("at most $")[2].split()[0]) for text in told]
    assert prices[1] == pytest.approx(prices[0] / 2, rel=0.02)


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_refused_request_is_an_error_and_can_be_tried_again(
    tmp_path: Path, server: ProtocolServer, protocol: str
) -> None:
    repository(tmp_path, server, protocol=protocol)
    server.batches.refuse_every = 11
    first = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert "errors: 2 trials not measured" in first.out
    assert "too long" in first.out
    server.batches.refuse_every = 0
    again = llmops("eval", "--model", "remote/m", "--batch", "--retry-errors", folder=tmp_path)
    assert "22 of 22 cases pass" in again.out
    assert [len(requests) for requests in server.batches.created.values()] == [CASES, 2]


def test_a_killed_command_goes_on_with_the_same_batch(tmp_path: Path, server: ProtocolServer) -> None:
    repository(tmp_path, server)
    server.batches.looks_until_ended = 10_000
    command = [sys.executable, "-m", "llmops_cli", "eval", "--model", "remote/m", "--batch"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **KEYS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not list(tmp_path.glob(".llmops/runs/*/batches.json")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.batches.looks_until_ended = 0
    outcome = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert outcome.code == 7
    assert "22 of 22 cases pass" in outcome.out
    assert "handed in" not in outcome.err
    assert len(server.batches.created) == 1


def test_a_batch_that_the_provider_gives_up_is_handed_in_again_next_time(
    tmp_path: Path, server: ProtocolServer
) -> None:
    repository(tmp_path, server)
    server.batches.fails = "the file has an empty line"
    outcome = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert outcome.code == 5
    assert "the file has an empty line" in outcome.err
    server.batches.fails = ""
    assert "22 of 22 cases pass" in llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path).out
    assert len(server.batches.created) == 2


def test_what_may_have_been_taken_is_not_sent_twice(tmp_path: Path, server: ProtocolServer) -> None:
    repository(tmp_path, server)
    server.script([None, Fault.SERVER_ERROR])
    outcome = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert outcome.code == 5
    created = [request for request in server.received if request.path.endswith("/batches")]
    assert len(created) == 1


def test_a_rate_limit_is_waited_for(tmp_path: Path, server: ProtocolServer) -> None:
    repository(tmp_path, server)
    server.behaviour.retry_after = "0"
    server.script([Fault.RATE_LIMIT, None, Fault.RATE_LIMIT, None, Fault.SERVER_ERROR, None])
    assert "22 of 22 cases pass" in llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path).out


def test_a_batch_that_the_provider_knows_no_more_is_told_with_the_way_out(
    tmp_path: Path, server: ProtocolServer
) -> None:
    repository(tmp_path, server)
    server.script([None, None, Fault.BAD_REQUEST])
    outcome = llmops("eval", "--model", "remote/m", "--batch", folder=tmp_path)
    assert outcome.code == 5
    told = " ".join(outcome.err.split())
    assert "asks for batch batch_0 again" in told
    assert "--no-resume hands in a new one" in told
    assert llmops("eval", "--model", "remote/m", "--batch", "--no-resume", folder=tmp_path).code == 7
    assert len(server.batches.created) == 2


@pytest.mark.parametrize("arguments", [("--max-calls", "5"), ("--max-cost", "0.0001")])
def test_a_batch_above_the_budget_is_refused_as_a_whole(
    tmp_path: Path, server: ProtocolServer, arguments: tuple[str, ...]
) -> None:
    repository(tmp_path, server)
    outcome = llmops("eval", "--model", "remote/m", "--batch", *arguments, folder=tmp_path)
    assert outcome.code == 8
    assert not server.batches.created


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--replay",), "--batch asks the model itself"), (("--model", "echo/x"), "'echo' has no batches")],
)
def test_where_there_are_no_batches_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    outcome = llmops("eval", "--batch", *arguments, folder=example(tmp_path))
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())
