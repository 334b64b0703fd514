"""Which proxy, if any, stands between this machine and a URL: the usual environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy's URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), unless NO_PROXY or loopback excepts the host."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        return None
    excepted = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    if excepted and _is_excepted(parts.netloc.rpartition("@")[2], excepted):
        return None
    # upper-case HTTP_PROXY can be set from outside in CGI, where it is a request header
    names = [f"{parts.scheme}_proxy", "all_proxy", "ALL_PROXY"]
    if parts.scheme == "https" or "REQUEST_METHOD" not in environ:
        names.insert(1, f"{parts.scheme.upper()}_PROXY")
    found = next((environ[name] for name in names if environ.get(name)), None)
    return found if found is None or "://" in found else f"http://{found}"


def _is_excepted(host: str, excepted: str) -> bool:
    # loads the HTTP client of the standard library, 25 ms that most machines can do without
    from urllib.request import (  # type: ignore[attr-defined]  # noqa: PLC0415 - documented, not in the stubs
        proxy_bypass_environment,
    )

    return bool(proxy_bypass_environment(host, {"no": excepted}))
