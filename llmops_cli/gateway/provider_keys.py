"""Keys of providers: from the environment only, and only to the host they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_HOSTS: Mapping[str, str] = {
    "OPENAI_API_KEY": "api.openai.com",
    "ANTHROPIC_API_KEY": "api.anthropic.com",
    "GEMINI_API_KEY": "generativelanguage.googleapis.com",
    "GOOGLE_API_KEY": "generativelanguage.googleapis.com",
}
"""Where the keys in the vendors' own variables go. A file of the repository cannot send them elsewhere."""

HOSTS_VARIABLE = "LLMOPS_KEY_HOSTS"
"""`OPENAI_API_KEY=proxy.example.com,…`: further hosts, said by whoever owns the key and not by the repository."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def read_key(name: str | None, base_url: str, environ: Mapping[str, str]) -> str | None:
    """Return the key in the variable `name`, None when the endpoint needs none.

    Raises:
        SetupError: when the variable is not set, or its key does not belong to the URL's host, or would go there
            in clear text.
    """
    if name is None:
        return None
    key = environ.get(name, "").strip()
    if not key:
        message = f"the environment variable {name} is not set."
        raise SetupError(message, hint="Put the provider's key into it, or answer from recordings: --replay")
    if not key.isascii() or not key.isprintable():
        message = f"the environment variable {name} holds characters that no key has."
        raise SetupError(message, hint="Look for a line break or a quotation mark that was copied with it.")
    _check_host(name, base_url, environ)
    return key


def _check_host(name: str, base_url: str, environ: Mapping[str, str]) -> None:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK:
        return
    if parts.scheme != "https":
        message = f"the key in {name} would go to {host} in clear text."
        raise SetupError(message, hint="Use a base_url with https://")
    belongs = {KEY_HOSTS[name]} if name in KEY_HOSTS else None
    if belongs is not None and host not in belongs | _further_hosts(name, environ):
        message = f"the key in {name} belongs to {KEY_HOSTS[name]} and is not sent to {host}."
        hint = f"Give this provider a variable of its own, or allow the host: {HOSTS_VARIABLE}={name}={host}"
        raise SetupError(message, hint=hint)


def _further_hosts(name: str, environ: Mapping[str, str]) -> set[str]:
    pairs = (pair.partition("=") for pair in environ.get(HOSTS_VARIABLE, "").split(","))
    return {host.strip() for variable, _, host in pairs if variable.strip() == name}
