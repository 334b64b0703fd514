"""What the gateway adds to the bare network: CPU and wall time per request, side by side in one run.

    python benchmarks/http_overhead.py [--requests 1000] [--at-once 50]

A protocol server on loopback, in a process of its own, answers chat completions at 0 ms and at 200 ms. Three clients
ask it: our gateway (cache off, with limits, retries, prices), a bare loop over the same transport, and httpx as it
comes with one shared client. Then the gateway alone, against a server that refuses 10% with 429 and fails 5% with 500:
a request that is not answered ends the benchmark, and the number of requests is compared with what is necessary.
CPU is user + system time of this process, so the server's is not in it; every client is warmed by one round of
connections first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import httpx

from llmops_cli.core.completions import CompletionRequest
from llmops_cli.core.prompts import Message, ModelSettings, OutputContract, Role
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings
from llmops_cli.registry.project_file import ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

SERVER = Path(__file__).parents[1] / "tests" / "gateway" / "protocol_server.py"
TEXT = "Summarise this e-mail in one sentence. " * 20


class Figures(NamedTuple):
    cpu_ms: float
    wall_seconds: float


class Served(NamedTuple):
    url: str
    counted: list[int]


@contextmanager
def server(latency_seconds: float, *options: str) -> Iterator[Served]:
    command = [sys.executable, str(SERVER), "--latency", str(latency_seconds), *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    served = Served(process.stdout.readline().strip(), [])
    try:
        yield served
    finally:
        process.stdin.close()
        served.counted.append(int(process.stdout.read()))
        process.stdout.close()
        process.wait()


async def drive(ask: Callable[[int], Awaitable[object]], requests: int, at_once: int) -> Figures:
    numbers = iter(range(requests))

    async def work() -> None:
        for number in numbers:
            await ask(number)

    await asyncio.gather(*(ask(number) for number in range(at_once)))
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return Figures((time.process_time() - cpu) / requests * 1000, time.perf_counter() - wall)


@asynccontextmanager
async def gateway(url: str, at_once: int) -> AsyncIterator[Callable[[int], Awaitable[object]]]:
    remote = ProviderSettings(name="remote", protocol="openai", base_url=f"{url}/v1", concurrency=at_once)
    project = ProjectSettings()
    with tempfile.TemporaryDirectory() as root:
        settings = GatewaySettings(
            project=replace(project, providers={**project.providers, "remote": remote}),
            root=Path(root),
            environ={},
            mode=AnswerMode.LIVE,
            use_cache=False,
            price=lambda _name, usage: usage.output_tokens * 1e-6,
        )
        async with open_gateway(settings) as opened:

            async def ask(number: int) -> object:
                return await opened.complete(
                    CompletionRequest(
                        messages=(Message(role=Role.USER, content=f"{TEXT}{number}"),),
                        model=ModelSettings(name="remote/m", temperature=0.0, max_tokens=50),
                        output=OutputContract(),
                    ),
                )

            yield ask


def chat_body(number: int) -> bytes:
    message = {"role": "user", "content": f"{TEXT}{number}"}
    return json.dumps({"model": "m", "messages": [message], "temperature": 0.0, "max_tokens": 50}).encode()


@asynccontextmanager
async def bare_session(url: str, at_once: int) -> AsyncIterator[Callable[[int], Awaitable[object]]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def ask(number: int) -> object:
            headers = {"Content-Type": "application/json"}
            target = f"{url}/v1/chat/completions"
            async with session.post(target, data=chat_body(number), headers=headers) as response:
                return json.loads(await response.read())

        yield ask


@asynccontextmanager
async def shared_client(url: str, at_once: int) -> AsyncIterator[Callable[[int], Awaitable[object]]]:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=at_once), timeout=60) as client:

        async def ask(number: int) -> object:
            headers = {"Content-Type": "application/json"}
            response = await client.post(f"{url}/v1/chat/completions", content=chat_body(number), headers=headers)
            return response.json()

        yield ask


CLIENTS: dict[str, Callable[[str, int], AbstractAsyncContextManager[Callable[[int], Awaitable[object]]]]] = {
    "bare loop, same transport": bare_session,
    "llmops gateway": gateway,
    "httpx, one shared client": shared_client,
}


async def measure(name: str, url: str, requests: int, at_once: int) -> Figures:
    async with CLIENTS[name](url, at_once) as ask:
        return await drive(ask, requests, at_once)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=50)
    arguments = parser.parse_args()
    print(f"{arguments.requests} requests, {arguments.at_once} at once")
    for latency_seconds in (0.0, 0.2):
        ideal = latency_seconds * arguments.requests / arguments.at_once
        print(f"\n{latency_seconds * 1000:.0f} ms latency (ideal wall {ideal:.1f} s)")
        print(f"{'':28}{'CPU ms/request':>16}{'ratio':>8}{'wall s':>9}{'of ideal':>10}")
        floor = None
        with server(latency_seconds) as served:
            for name in CLIENTS:
                figures = asyncio.run(measure(name, served.url, arguments.requests, arguments.at_once))
                floor = floor or figures
                of_ideal = f"{figures.wall_seconds / ideal:.2f}" if ideal else ""
                ratio = figures.cpu_ms / floor.cpu_ms
                print(f"{name:28}{figures.cpu_ms:16.3f}{ratio:8.1f}{figures.wall_seconds:9.2f}{of_ideal:>10}")
    through_faults(arguments.requests, arguments.at_once)


def through_faults(requests: int, at_once: int) -> None:
    faults = {"--rate-limit": 0.1, "--server-error": 0.05}
    options = [text for name, rate in faults.items() for text in (name, str(rate))]
    with server(0.2, *options) as served:
        figures = asyncio.run(measure("llmops gateway", served.url, requests, at_once))
    # the warm-up is counted by the server as well
    asked = served.counted[0]
    necessary = (requests + at_once) / (1 - sum(faults.values()))
    print(f"\n200 ms, 10% of 429 and 5% of 500: all {requests} answered in {figures.wall_seconds:.1f} s")
    print(f"{asked} requests, {asked / necessary:.2f} of what is necessary; {figures.cpu_ms:.3f} CPU ms/request")


if __name__ == "__main__":
    main()
