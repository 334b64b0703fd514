"""One row of the table of routes: what it answers to, who may call it, and how it is described."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from starlette.responses import Response

    from llmops_cli.release.service.calls import Call

Handler = Callable[["Call"], Awaitable["Response"]]


class Access(Enum):
    """Who may call a route. Whatever a handler then shows is limited to what the caller's token covers."""

    OPEN = "anybody"
    TOKEN = "any valid token"  # noqa: S105 - a sentence
    READ = "a token that reads something of the environment"
    STREAM = "as READ, or a ticket for this stream"
    WRITE = "a token whose scope covers the change and each of its prompts"


class Entry(NamedTuple):
    """A row. `waits` marks routes that answer late on purpose."""

    method: str
    path: str
    access: Access
    handler: Handler
    summary: str
    parameters: tuple[str, ...] = ()
    media_type: str = "application/json"
    waits: bool = False
