"""Requests that are on the wire before their caller waits, against a server that reads when it is told to."""

from __future__ import annotations

import asyncio
import io
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from llmops_cli.gateway.eager_request import EagerRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGE = b"x" * 20_000_000
"""More than the buffers of two sockets take at once."""


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003 - as the socket has it
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}/"


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(request_class=EagerRequest, timeout=aiohttp.ClientTimeout(total=30))


async def post(client: aiohttp.ClientSession, url: str, body: bytes) -> bytes:
    async with client.post(url, data=body if len(body) < 1000 else io.BytesIO(body)) as response:
        return await response.read()


async def read_request(connection: socket.socket, length: int) -> bytes:
    """Read one request whose body has `length` bytes; return the body."""
    loop, data = asyncio.get_running_loop(), bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0 or len(data) < end + 4 + length:
        data += await loop.sock_recv(connection, 1 << 20)
    return bytes(data[end + 4 :])


def test_over_an_open_connection_a_request_is_sent_in_the_turn_that_makes_it() -> None:
    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        with listening() as (server, url):
            async with session() as client:
                first = asyncio.create_task(post(client, url, b"first"))
                connection, _ = await loop.sock_accept(server)
                with connection:
                    assert await read_request(connection, 5) == b"first"
                    await loop.sock_sendall(connection, ANSWER)
                    assert await first == b"ok"
                    second = asyncio.create_task(post(client, url, b"second"))
                    await asyncio.sleep(0)
                    # nothing else has had a turn: it is there already, or will be only after others
                    arrived = connection.recv(10_000)
                    await loop.sock_sendall(connection, ANSWER)
                    assert await second == b"ok"
                    return arrived

    assert asyncio.run(run()).endswith(b"\r\n\r\nsecond")


@asynccontextmanager
async def half_written() -> AsyncIterator[tuple[asyncio.Task[bytes], socket.socket]]:
    """Begin a request whose body does not fit at once: what fits is in the buffers, and it waits for its reader."""
    with listening() as (server, url):
        async with session() as client:
            asked = asyncio.create_task(post(client, url, LARGE))
            connection, _ = await asyncio.get_running_loop().sock_accept(server)
            with connection:
                await asyncio.sleep(0.05)
                yield asked, connection


def test_a_body_that_does_not_fit_at_once_arrives_whole() -> None:
    async def run() -> None:
        async with half_written() as (asked, connection):
            assert await read_request(connection, len(LARGE)) == LARGE
            await asyncio.get_running_loop().sock_sendall(connection, ANSWER)
            assert await asked == b"ok"

    asyncio.run(run())


def test_a_server_that_goes_away_while_the_body_is_written_is_an_error_of_the_connection() -> None:
    async def run() -> None:
        async with half_written() as (asked, connection):
            connection.close()
            with pytest.raises(aiohttp.ClientError):
                await asked

    asyncio.run(run())


def test_giving_up_while_the_body_is_written_closes_the_connection() -> None:
    async def run() -> None:
        async with half_written() as (asked, connection):
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            while await asyncio.get_running_loop().sock_recv(connection, 1 << 20):
                pass  # what was in the buffers; then the end, or this would wait

    asyncio.run(run())
