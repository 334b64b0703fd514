"""A local server that speaks the few REST calls: comments with pages, label events, pull requests, check runs."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "ghs_0123456789abcdefABCDEF0123456789"  # noqa: S105 - nobody's
BOT = "github-actions[bot]"
REPOSITORY = "owner/repo"


@dataclass(frozen=True)
class Fault:
    """An answer that stands in for the real one, for calls whose method and path fit."""

    status: int
    method: str = ""
    part: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: object = field(default_factory=lambda: {"message": "no"})
    done_all_the_same: bool = False


class GitHubServer:
    """What GitHub keeps, the calls that came, and the faults to answer with (each once)."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.check_runs: list[dict[str, Any]] = []
        self.author = "ada"
        self.calls: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.faults: deque[Fault] = deque()
        self.longest_body = 65_536
        self.url = ""

    def add_comment(self, body: str, author: str = BOT) -> int:
        number = 1000 + len(self.comments)
        self.comments.append({"id": number, "user": {"login": author}, "body": body})
        return number

    def label(self, name: str, actor: str, *, on: bool = True) -> None:
        event = "labeled" if on else "unlabeled"
        self.events.append({"event": event, "actor": {"login": actor}, "label": {"name": name}})

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, str], object]:
        self.calls.append((method, target))
        for fault in list(self.faults):
            if fault.method in ("", method) and fault.part in target:
                self.faults.remove(fault)
                if fault.done_all_the_same:
                    self._do(method, target, body)
                return fault.status, fault.headers, fault.body
        status, found = self._do(method, target, body)
        return status, {}, found

    def _do(self, method: str, target: str, body: bytes) -> tuple[int, object]:  # noqa: PLR0911 - one a call
        parts, query = urlsplit(target), parse_qs(urlsplit(target).query)
        path = parts.path.removeprefix(f"/repos/{REPOSITORY}/")
        match method, path.split("/"):
            case "GET", ["issues", _, "comments"]:
                return 200, self._page(self.comments, query)
            case "GET", ["issues", _, "events"]:
                return 200, self._page(self.events, query)
            case "GET", ["pulls", _]:
                return 200, {"user": {"login": self.author}}
            case "POST", ["issues", _, "comments"]:
                text = json.loads(body)["body"]
                return self._too_long(text) or (201, {"id": self.add_comment(text)})
            case "PATCH", ["issues", "comments", number]:
                text = json.loads(body)["body"]
                found = next(comment for comment in self.comments if comment["id"] == int(number))
                return self._too_long(text) or (200, self._set(found, text))
            case "POST", ["check-runs"]:
                self.check_runs.append(json.loads(body))
                return 201, {"id": 1}
            case _:
                return 404, {"message": "Not Found"}

    def _set(self, comment: dict[str, Any], text: str) -> dict[str, Any]:
        comment["body"] = text
        return comment

    def _too_long(self, text: str) -> tuple[int, object] | None:
        if len(text) <= self.longest_body:
            return None
        errors = [{"field": "body", "message": f"body is too long (maximum is {self.longest_body} characters)"}]
        return 422, {"message": "Validation Failed", "errors": errors}

    def _page(self, items: list[dict[str, Any]], query: dict[str, list[str]]) -> list[dict[str, Any]]:
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return items[size * (page - 1) : size * page]


@contextmanager
def github_server() -> Iterator[GitHubServer]:
    """Serve on loopback until the end."""
    state = GitHubServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            state.tokens.add(self.headers.get("Authorization", ""))
            status, headers, found = state.answer(self.command, self.path, self.rfile.read(length))
            data = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
