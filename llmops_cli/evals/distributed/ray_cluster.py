"""The connection to a Ray cluster, for the length of a command."""

from __future__ import annotations

import os
import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = "local"
"""The address that asks for a Ray of this machine, started now and stopped with the command."""

AUTO = "auto"
"""Ray's own word for a cluster that this machine is a node of."""

ANSWER_SECONDS = 5.0
"""How long a cluster may take to accept a connection. Ray itself tries for more than three minutes, then exits."""


@contextmanager
def ray_cluster(address: str) -> Iterator[Any]:
    """Connect to the cluster at `address`, and hand on the `ray` module.

    Raises:
        SetupError: when Ray is not installed, or the cluster cannot be reached.
        UsageError: when the address is none that can be used.
    """
    _check_address(address)
    # a run is nobody's statistics; Ray sends them where it starts a cluster, unless told not to
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        message = "the executor 'ray' needs Ray, which is not installed."
        raise SetupError(message, hint='Install it: pip install "llmops-cli[ray]"') from error
    started_here = {"include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False, **started_here)
    except (Exception, SystemExit) as error:
        message = f"Ray did not let us in: {safe_text(str(error), one_line=True)[:300] or type(error).__name__}."
        hint = "The nodes need the same Python and the same Ray as this machine."
        raise SetupError(message, where=safe_text(address, one_line=True), hint=hint) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Find out in seconds what Ray would take minutes to give up on."""
    shown = safe_text(address, one_line=True)
    if address in {LOCAL, AUTO}:
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not (host and colon and port.isdecimal()):
        message = f"'{shown}' is no address of a Ray cluster."
        hint = "It is HOST:PORT (usually port 6379), auto, or local. From outside of the cluster: ray job submit"
        raise UsageError(message, hint=hint)
    try:
        with closing(socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS)):
            return
    except (OSError, OverflowError) as error:
        message = f"no Ray cluster answers: {safe_text(str(error), one_line=True)}."
        raise SetupError(message, where=shown, hint="Start one (ray start --head), or name another one.") from error
