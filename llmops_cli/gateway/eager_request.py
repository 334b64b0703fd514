"""A request of aiohttp that is on the wire before its caller waits, on Python 3.11 as it is from 3.12 on.

aiohttp writes the body in a task. From Python 3.12 on the task begins at once; before, it begins in the next turn of
the event loop, after everything else that is ready. With 50 requests at once the answers come in bunches, and every
next request of a bunch then waits until all of the bunch are read, scored and kept: 6 ms a call of 200 ms, measured.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.connector import Connection


class EagerRequest(aiohttp.ClientRequest):
    """A request that takes the first step of its writing itself; for almost all bodies the first is the last."""

    def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, *length: int | None
    ) -> Coroutine[Any, Any, None]:
        """Write as far as goes without waiting, and return what is left to be done."""
        writing = super().write_bytes(writer, conn, *length)
        try:
            waits_for = writing.send(None)
        except StopIteration:
            return _nothing()
        return _rest(writing, waits_for)


REQUEST_CLASS = aiohttp.ClientRequest if sys.version_info >= (3, 12) else EagerRequest
"""What a session is to use."""


async def _nothing() -> None:
    """Be the rest of a body that is written."""


async def _rest(begun: Coroutine[Any, Any, None], waits_for: object) -> None:
    await _resumed(begun, waits_for)


@types.coroutine
def _resumed(begun: Coroutine[Any, Any, None], waits_for: object) -> Generator[object, Any, None]:
    """Go on with a coroutine that was begun and waits; `yield from` would begin it a second time."""
    step: Callable[[Any], object]
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:  # noqa: BLE001 - a cancellation among them: it is the coroutine's to answer
            step, value = begun.throw, error
        else:
            step, value = begun.send, sent
        try:
            waits_for = step(value)
        except StopIteration:
            return
