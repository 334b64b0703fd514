"""From a store, an address and a token file to a server that runs until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.release.clock import SystemClock
from llmops_cli.release.service.application import ServiceSettings, build_service
from llmops_cli.release.service.server import Address, ClosingServer
from llmops_cli.release.service.token_file import TokenBook, read_tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmops_cli.core.release_target import Target


def open_server(store: Target, address: Address, token_path: Path, write_log: Callable[[str], object]) -> ClosingServer:
    """Return the server of a store. A token file that cannot be read stops it here, not at the first request.

    Raises:
        InvalidFileError: the token file is none.
    """
    clock = SystemClock()
    book = None
    if token_path.exists():
        read_tokens(token_path)
        book = TokenBook(token_path, clock.monotonic)
    settings = ServiceSettings(target=store, book=book, hosts=address.hosts, write_log=write_log, clock=clock)
    return ClosingServer(build_service(settings), address)
