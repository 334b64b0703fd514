"""A real service on a real socket, in a thread of the test."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from llmops_cli.release.clock import SystemClock
from llmops_cli.release.service.application import ServiceSettings, build_service
from llmops_cli.release.service.grants import Grant
from llmops_cli.release.service.server import LOOPBACK_NAMES, Address, ClosingServer
from llmops_cli.release.service.token_file import TokenBook, add_token
from llmops_cli.release.service.tokens import new_token
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.release_target import Target
    from llmops_cli.release.service.hub import Hub


@dataclass
class Running:
    """A service that runs: its URL, its store, and the lines of its access log."""

    url: str
    target: Target
    hub: Hub
    server: ClosingServer
    tokens: Path | None
    log: list[str] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log]

    def http(self, token: str = "", **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20, **options)

    def token(self, *grants: str, name: str = "", days: float = 1) -> str:
        assert self.tokens is not None
        return make_token(self.tokens, *grants, name=name, days=days)


def make_token(path: Path, *grants: str, name: str = "", days: float = 1) -> str:
    now = datetime.now(UTC)
    token, secret = new_token(
        name or f"t{secrets.token_hex(4)}",
        map(Grant.parse, grants),
        now=now,
        expires=now + timedelta(days=days),
        random_bytes=secrets.token_bytes,
    )
    add_token(path, token)
    return secret


@contextmanager
def running(
    store: Path | Target, *, tokens: Path | None = None, port: int = 0, heartbeat_seconds: float = 15.0
) -> Iterator[Running]:
    """Run a service until the block ends; the port is free again afterwards."""
    target = SqliteTarget(store) if isinstance(store, Path) else store
    log: list[str] = []
    service = build_service(
        ServiceSettings(
            target=target,
            book=TokenBook(tokens, SystemClock().monotonic) if tokens else None,
            hosts=LOOPBACK_NAMES,
            write_log=log.append,
            clock=SystemClock(),
            heartbeat_seconds=heartbeat_seconds,
            poll_seconds=0.02,
        )
    )
    # with its protocol named, event loops switch Nagle's algorithm off, as they do for sockets of their own
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    server = ClosingServer(service, Address())
    server.config.timeout_graceful_shutdown = 2
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        _wait_until_ready(url)
        yield Running(url, target, service.hub, server, tokens, log)
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        target.close()
    assert not thread.is_alive()


def _wait_until_ready(url: str) -> None:
    for _ in range(400):
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
        except httpx.TransportError:
            threading.Event().wait(0.01)
        else:
            return
    message = "the service did not start"
    raise AssertionError(message)
