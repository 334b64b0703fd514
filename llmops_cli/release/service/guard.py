"""What every request passes before a route sees it, and what is written down about it afterwards."""

from __future__ import annotations

import json
import re
from time import perf_counter
from typing import TYPE_CHECKING

from llmops_cli.release.clock import moment
from llmops_cli.release.service.answers import ProblemError, problem_answer

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from llmops_cli.release.clock import Clock
    from llmops_cli.release.service.metrics import Metrics

NO_ROUTE = "(no route)"
_PATH = re.compile(rb"/(?:[A-Za-z0-9_.~-]+(?:/[A-Za-z0-9_.~-]+)*)?")
_LONGEST_PATH = 1000
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
SECURE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Checks path and Host, adds headers, counts, and writes one line of JSON per request.

    No id of ours needs an escape in a path, so a path with one (`%2F`, `%00`), with `..`, `//` or a backslash is
    refused before anything decodes it. The Host check keeps a web page from reaching the loopback address under
    a name of its own. A log line has the route and the token's id, never a query, a header or a body.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], metrics: Metrics, clock: Clock, write_log: Callable[[str], object]
    ) -> None:
        """Take the application; an empty set of hosts takes every name."""
        self._app = app
        self._hosts = hosts
        self._metrics = metrics
        self._clock = clock
        self._write_log = write_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of the server."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        started = perf_counter()
        log: dict[str, Any] = {}
        scope["state"] = {**scope.get("state", {}), "log": log}
        answer: dict[str, int] = {"status": 500, "bytes": 0}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                message["headers"] = [*message["headers"], *_SAFE_HEADERS]
            elif message["type"] == "http.response.body":
                answer["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            problem = self._problem(scope)
            if problem is not None:
                await problem_answer(problem, scope["path"])(scope, receive, watched)
            else:
                await self._app(scope, receive, watched)
        finally:
            self._write(scope, log, answer, perf_counter() - started)

    def _problem(self, scope: Scope) -> ProblemError | None:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        raw = raw.partition(b"?")[0]
        if len(raw) > _LONGEST_PATH or not _PATH.fullmatch(raw) or b".." in raw:
            return ProblemError(400, "path", "the path has characters that no address here has.")
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = _HOST.fullmatch(hosts[0].decode("latin-1").lower()) if len(hosts) == 1 else None
        if host is None or (self._hosts and host[1] not in self._hosts):
            return ProblemError(421, "host", "this service does not answer to that name.")
        return None

    def _write(self, scope: Scope, log: MutableMapping[str, Any], answer: dict[str, int], seconds: float) -> None:
        route = log.pop("route", NO_ROUTE)
        waited = log.pop("waited", False)
        self._metrics.answered(route, scope["method"][:10], answer["status"], None if waited else seconds)
        line = {
            "at": moment(self._clock.now()),
            "method": scope["method"][:10],
            "route": route,
            "status": answer["status"],
            "milliseconds": round(seconds * 1000, 1),
            "bytes": answer["bytes"],
            "client": (scope.get("client") or ("",))[0],
            **log,
        }
        self._write_log(json.dumps(line, ensure_ascii=True))
