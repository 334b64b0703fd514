"""The address of a config service, whom to trust there, and the variables that say so."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.core.errors import SetupError, UsageError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

TOKEN_VARIABLE = "LLMOPS_TOKEN"  # noqa: S105 - the name of a variable
CA_VARIABLE = "LLMOPS_CA_FILE"


def trusting(ca_file: Path) -> ssl.SSLContext:
    """Return a context that trusts the authorities of a file.

    Raises:
        SetupError: it is not there, or holds no certificate.
    """
    import ssl  # noqa: PLC0415 - only for a private authority

    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        reason = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        message = f"the certificate authorities of {CA_VARIABLE} cannot be used: {reason}."
        raise SetupError(message, where=str(ca_file)) from None


def checked_address(url: str, token: str) -> str:
    """Return the address of a config service without a slash at its end.

    Raises:
        UsageError: the address is none, has a password, or a token would travel in the clear.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.query or parts.fragment:
        message = "that is no address of a config service."
        raise UsageError(message, hint="Write http://127.0.0.1:8080 or https://prompts.example.org")
    if parts.username or parts.password:
        message = "a token does not belong into the address."
        raise UsageError(message, hint=f"Put it into {TOKEN_VARIABLE}.")
    if token and parts.scheme == "http" and not _loopback(host):
        message = f"a token is not sent to {host} without TLS."
        raise UsageError(message, hint="Use https://, or a proxy on this machine.")
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
