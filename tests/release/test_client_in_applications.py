"""The client inside an application: event loops, forks, threads, logs, and an end."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from release.running import Running, running
from release.samples import NAME, publish, release

from llmops_cli.client import AsyncPromptClient, PromptClient, Source, code_prompt
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT = code_prompt(NAME, ("user", "Hi"), model="local/tiny")
FORKING = """
import os, sys
from llmops_cli.client import PromptClient

client = PromptClient(sys.argv[1], use_disk=False)
assert client.wait_for(1, 20)
read, write = os.pipe()
child = os.fork()
if child == 0:
    print("child", client.get("summarize-email").version, flush=True)
    os.write(write, b"x")
    assert client.wait_for(2, 30)
    print("child", client.get("summarize-email").version, flush=True)
    sys.exit(0)
os.read(read, 1)
print("ready", flush=True)
assert client.wait_for(2, 30)
assert os.waitpid(child, 0)[1] == 0
# that the child ended did not end the connection here
assert client.status().connected, client.status()
print("parent", client.get("summarize-email").version, flush=True)
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1))
    store.close()
    with running(tmp_path / "releases.db", heartbeat_seconds=0.2) as found:
        yield found


@contextmanager
def silent_service() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def followers() -> int:
    return sum(thread.name == "llmops-prompts" for thread in threading.enumerate())


def test_the_first_load_does_not_hold_up_an_event_loop() -> None:
    async def main(url: str) -> int:
        turns = 0
        async with AsyncPromptClient(url, use_disk=False, first_load_seconds=0.5) as client:
            reading = asyncio.create_task(client.get(NAME, default=DEFAULT))
            while not reading.done():
                turns += 1
                await asyncio.sleep(0.001)
            assert (await reading).source is Source.CODE
        return turns

    with silent_service() as url:
        assert asyncio.run(main(url)) > 20, "others had their turns while the service kept silent"


def test_reads_of_many_tasks_and_threads_agree(service: Running) -> None:
    async def main(client: AsyncPromptClient) -> set[int]:
        found = await asyncio.gather(*(client.get(NAME) for _ in range(200)))
        return {prompt.version for prompt in found}

    async def together() -> set[int]:
        async with AsyncPromptClient(service.url, use_disk=False) as client:
            return await main(client)

    assert asyncio.run(together()) == {1}
    with PromptClient(service.url, use_disk=False) as client, ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: client.get(NAME).version, range(2000))) == {1}


def test_a_forked_process_follows_the_service_by_itself(service: Running) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKING, service.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = {process.stdout.readline(), process.stdout.readline()}
        assert told == {"child 1\n", "ready\n"}
        publish(service.target, release(2))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert sorted(out.splitlines()) == ["child 2", "parent 2"]


def test_closing_ends_the_thread_and_keeps_what_is_known(service: Running) -> None:
    before = followers()
    client = PromptClient(service.url, use_disk=False)
    assert client.wait_for(1, 20)
    assert followers() == before + 1
    client.close()
    client.close()
    assert followers() == before
    assert client.get(NAME).version == 1
    while service.hub.roster.streams().get("production"):
        pass


def test_closing_while_the_service_keeps_silent_does_not_wait_for_it() -> None:
    before = followers()
    with silent_service() as url:
        client = PromptClient(url, use_disk=False, first_load_seconds=0)
        client.close()
    while followers() > before:
        pass


def test_a_client_that_is_forgotten_is_collected_with_its_thread(service: Running) -> None:
    before = followers()
    client = PromptClient(service.url, use_disk=False)
    assert client.wait_for(1, 20)
    reference = weakref.ref(client)
    del client
    gc.collect()
    assert reference() is None
    while followers() > before:
        pass


def test_the_log_tells_what_happens_once_and_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1))
    store.close()
    tokens = tmp_path / "tokens.json"
    with running(tmp_path / "releases.db", tokens=tokens) as service:
        token = service.token("read:*")
        port = int(service.url.rpartition(":")[2])
        client = PromptClient(service.url, token=token, use_disk=False)
        assert client.wait_for(1, 20)
    while not client.status().problem:
        pass
    with running(tmp_path / "releases.db", tokens=tokens, port=port) as service:
        publish(service.target, release(2))
        assert client.wait_for(2, 60)
        client.close()
    told = [record for record in caplog.records if record.name.startswith("llmops_cli.client")]
    warned = [record.getMessage() for record in told if record.levelno == logging.WARNING]
    assert any("prompts of production stay at revision 1" in message for message in warned)
    assert len(warned) == len(set(warned)), "each problem once, not with every attempt"
    assert any("are at revision 2" in record.getMessage() for record in told)
    assert token not in caplog.text


def test_a_prompt_says_where_it_is_from_and_how_old_that_is(service: Running) -> None:
    now = [1000.0]
    with PromptClient(service.url, use_disk=False, clock=lambda: now[0]) as client:
        assert client.wait_for(1, 20)
        prompt = client.get(NAME)
        assert (prompt.source, prompt.revision, prompt.environment) == (Source.SERVICE, 1, "production")
        assert prompt.age_seconds == 0
        status = client.status()
        assert (status.revision, status.source, status.age_seconds) == (1, Source.SERVICE, 0)
    now[0] += 3600
    assert prompt.age_seconds == 3600, "what nobody confirms grows old, and is served all the same"
    assert client.get(NAME).age_seconds == 3600
