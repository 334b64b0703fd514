"""Reads a second with ETag, their p99, memory, and how fast many streaming clients serve a rollback.

    python benchmarks/service.py [--prompts 1000] [--requests 20000] [--clients 500]

Goals: at least 3,000 reads a second on one core at p99 under 10 ms with 1,000 prompts; 500 connected clients
confirm a rollback within 5 s; under 200 MiB. The service is pinned to one core, the load to the others.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx
from release.samples import NAME, intent, publish, release

from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.sqlite import SqliteTarget

PORT = 18080
STATE = "/v1/environments/production/state"


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line[16:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")), b"0")
    if not head.startswith(b"HTTP/1.1 304"):
        await reader.readexactly(int(length))
    return head


async def _reads(path: str, etag: str, count: int, connections: int) -> tuple[float, list[float]]:
    times: list[float] = []
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {etag}\r\n\r\n".encode()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for _ in range(count // connections):
            started = time.perf_counter()
            writer.write(request)
            head = await _answer(reader)
            times.append(time.perf_counter() - started)
            assert head.startswith((b"HTTP/1.1 304", b"HTTP/1.1 200")), head
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return time.perf_counter() - started, times


async def _client(number: int, ready: asyncio.Event, connected: list[int], wanted: int) -> float:
    """Do what PromptClient does on a stream: hear of a revision, fetch the state, confirm it."""
    client = f"benchclient{number:05d}"
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(
        f"GET /v1/environments/production/events HTTP/1.1\r\nHost: localhost\r\nLlmops-Client: {client} {wanted - 1}"
        "\r\n\r\n".encode()
    )
    await reader.readuntil(b"id: ")
    connected.append(number)
    await ready.wait()
    while f'"revision":{wanted}}}'.encode() not in await reader.readline():
        pass
    fetch, out = await asyncio.open_connection("127.0.0.1", PORT)
    path = f"/v1/environments/production/prompts/{NAME}"
    for revision, tag in ((wanted - 1, wanted - 1), (wanted, wanted)):
        out.write(
            f'GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: "production.{tag}"\r\n'
            f"Llmops-Client: {client} {revision}\r\n\r\n".encode()
        )
        await _answer(fetch)
    out.close()
    finished = time.perf_counter()
    writer.close()
    return finished


async def _fan_out(store: SqliteTarget, count: int, revision: int) -> tuple[float, float]:
    ready, connected = asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(_client(n, ready, connected, revision + 1)) for n in range(count)]
    while len(connected) < count:  # noqa: ASYNC110 - 500 tasks count up
        await asyncio.sleep(0.05)
    ready.set()
    started = time.perf_counter()
    plan = plan_rollback(load_state(store, "production"), NAME, store, intent())
    await asyncio.to_thread(apply, plan, store, SystemClock())
    written = time.perf_counter() - started
    finished = await asyncio.gather(*tasks)
    return written, max(finished) - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteTarget(Path(folder) / "releases.db")
        publish(store, *(release(1, name=f"prompt-{n}x") for n in range(options.prompts - 1)), release(1))
        publish(store, release(2))
        command = [sys.executable, "-m", "llmops_cli", "--quiet", "serve", "--port", str(PORT)]
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            command = ["taskset", "-c", "0", *command]
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        service = subprocess.Popen(command, cwd=folder)
        try:
            measure(store, service, options)
        finally:
            service.terminate()
            service.wait(20)
            store.close()


def measure(store: SqliteTarget, service: subprocess.Popen[bytes], options: argparse.Namespace) -> None:
    url = f"http://127.0.0.1:{PORT}"
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        for _ in range(200):
            try:
                if http.get(STATE).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        for name, path, etag in (
            ("state, 304", STATE, '"production.2"'),
            ("one prompt, 304", f"/v1/environments/production/prompts/{NAME}", '"production.2"'),
            ("one prompt, 200", f"/v1/environments/production/prompts/{NAME}", '"none"'),
        ):
            seconds, times = asyncio.run(_reads(path, etag, options.requests, 8))
            times.sort()
            rate = len(times) / seconds
            print(f"{name}: {rate:,.0f} reads/s, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms (8 connections)")
        written, confirmed = asyncio.run(_fan_out(store, options.clients, 2))
        told = http.get("/metrics").text
    print(f"rollback: written in {written * 1000:.0f} ms, served by {options.clients} clients after {confirmed:.2f} s")
    memory = next(line for line in told.splitlines() if line.startswith("process_resident_memory_bytes "))
    print(f"memory with {options.prompts} prompts: {int(memory.split()[1]) / 2**20:.0f} MiB")
    assert service.poll() is None


if __name__ == "__main__":
    main()
