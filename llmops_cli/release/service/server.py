"""Running the service: which addresses it may have, TLS, and an end that lets readers finish."""

from __future__ import annotations

import ipaddress
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from llmops_cli.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from socket import socket

    from llmops_cli.release.service.application import Service

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
GRACE_SECONDS = 10
MOST_CONNECTIONS = 10_000
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the service listens. `names` are further names under which readers know it."""

    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The address for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The names that the service answers to."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        given = {name.lower() for name in self.names} | {own.lower()}
        return frozenset(given | LOOPBACK_NAMES) if self.loopback else frozenset(given | {"localhost"})

    def check(self, *, tokens: bool) -> None:
        """Refuse to be seen by other machines without TLS and tokens.

        Raises:
            UsageError: saying what is missing.
        """
        if bool(self.certificate) != bool(self.key):
            message = "--tls-cert and --tls-key belong together."
            raise UsageError(message)
        for path in (self.certificate, self.key):
            if path is not None and not path.is_file():
                message = "there is no such file."
                raise UsageError(message, where=str(path))
        if self.loopback:
            return
        if not self.certificate:
            message = f"{self.host} can be reached from other machines: that needs TLS."
            raise UsageError(message, hint="Give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy.")
        if not tokens:
            message = f"{self.host} can be reached from other machines: that needs tokens."
            raise UsageError(message, hint="Make one: llmops token create NAME --allow read:production")
        if not self.names and self.host in ("0.0.0.0", "::"):  # noqa: S104 - refused here
            message = "a service on every address has to know its own names."
            raise UsageError(message, hint="Give --host-name for each name or address that readers use.")


class ClosingServer(uvicorn.Server):
    """A server that ends its streams before it waits for its connections."""

    def __init__(self, service: Service, address: Address) -> None:
        """Take the service and where it listens."""
        super().__init__(
            uvicorn.Config(
                service.app,
                host=address.host,
                port=address.port,
                ssl_certfile=address.certificate,
                ssl_keyfile=address.key,
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=True,
                proxy_headers=False,
                ws="none",
                lifespan="on",
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                h11_max_incomplete_event_size=32 << 10,
            )
        )
        self._hub = service.hub

    def run_until_stopped(self) -> bool:
        """Serve until SIGINT or SIGTERM; tell whether it ever served."""
        try:
            self.run()
        except SystemExit:
            # how uvicorn says that it cannot listen there
            return False
        return self.started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on a signal once, and not again afterwards: an orderly end is exit code 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Tell streams and long polls to end, then wait for what is being answered."""
        self._hub.close()
        await super().shutdown(sockets=sockets)
