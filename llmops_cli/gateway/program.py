"""One run of a local program: input, output within limits, and an end that leaves nothing behind.

`Process.communicate` of asyncio is not enough for a program that may be anybody's: it reads without limit, and a
process that is cancelled while it starts is ended without what it has started, and waited for as long as that lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter, SubprocessTransport
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CHUNK_BYTES = 1 << 16
KEPT_ERROR_BYTES = 1 << 16
"""Of what the program says on its standard error the end is kept."""

_READ_AHEAD_BYTES = 1 << 16


class LongOutputError(Exception):
    """The program wrote more than it may."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, with all of its output and the end of its errors."""

    code: int
    output: bytes
    errors: bytes


async def run_program(
    command: Sequence[str],
    data: bytes,
    *,
    folder: Path,
    environ: Mapping[str, str],
    timeout_seconds: float,
    limit_bytes: int,
) -> Ended:
    """Give `data` to a program and return what it answers; however this ends, the program has ended too.

    Raises:
        OSError: when it cannot be started.
        TimeoutError: when it takes longer than `timeout_seconds`, or something that it started keeps its output open.
        LongOutputError: when it writes more than `limit_bytes`.
    """
    running = await _started(command, folder, environ)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _exchange(running.process, data, limit_bytes)
    except BaseException:
        await running.end()
        raise


@dataclass(frozen=True, slots=True)
class _Running:
    process: Process
    transport: SubprocessTransport

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        # what left the session may still hold the other ends of our pipes, and would be waited for
        self.transport.close()
        await self.process.wait()


async def _started(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> _Running:
    starting = asyncio.ensure_future(_start(command, folder, environ))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await (await starting).end()
        raise


async def _start(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> _Running:
    loop = asyncio.get_running_loop()
    # as asyncio.create_subprocess_exec does, which keeps the transport to itself
    transport, protocol = await loop.subprocess_exec(
        lambda: SubprocessStreamProtocol(limit=_READ_AHEAD_BYTES, loop=loop),
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env=dict(environ),
        # what the program starts belongs to its group, and ends with it; uvloop, on which Ray's workers run,
        # makes a group with a session only
        start_new_session=True,
    )
    return _Running(Process(transport, protocol, loop), transport)


async def _exchange(process: Process, data: bytes, limit_bytes: int) -> Ended:
    if process.stdin is None or process.stdout is None or process.stderr is None:  # pragma: no cover - all are pipes
        message = "no pipes"
        raise OSError(message)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(process.stdin, data))
            output = group.create_task(_all_of(process.stdout, limit_bytes))
            errors = group.create_task(_end_of(process.stderr))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return Ended(await process.wait(), output.result(), errors.result())


async def _feed(stdin: StreamWriter, data: bytes) -> None:
    # a program need not read what it is asked
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(data)
        await stdin.drain()
    stdin.close()


async def _all_of(stream: StreamReader, limit_bytes: int) -> bytes:
    read = bytearray()
    while piece := await stream.read(CHUNK_BYTES):
        read += piece
        if len(read) > limit_bytes:
            raise LongOutputError
    return bytes(read)


async def _end_of(stream: StreamReader) -> bytes:
    kept = b""
    while piece := await stream.read(CHUNK_BYTES):
        kept = (kept + piece)[-KEPT_ERROR_BYTES:]
    return kept
