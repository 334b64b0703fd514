"""A model on loopback that speaks chat completions, repeats what it is told, and is wrong now and then."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class FlakyModel:
    """Keeps the first message (`asked`) and all messages (`told`) of each request.

    `wrong_fraction` of the answers are wrong, seeded.
    """

    def __init__(self, wrong_fraction: float, served: str) -> None:
        self.wrong_fraction = wrong_fraction
        self.served = served
        self.asked: list[str] = []
        self.told: list[str] = []
        self._random = Random(5)  # noqa: S311 - a model that errs, not a secret
        self._lock = Lock()

    def answer(self, messages: list[dict[str, str]]) -> str:
        with self._lock:
            self.asked.append(messages[0]["content"])
            self.told.append("\n".join(message["content"] for message in messages))
            wrong = self._random.random() < self.wrong_fraction
        return "no idea" if wrong else messages[-1]["content"]


@contextmanager
def flaky_model(wrong_fraction: float = 0.0, served: str = "small-1") -> Iterator[tuple[FlakyModel, str]]:
    """Serve a model, and give it with its base URL."""
    model = FlakyModel(wrong_fraction, served)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            choice = {"message": {"content": model.answer(request["messages"])}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 10, "completion_tokens": 2}
            body = json.dumps({"choices": [choice], "usage": usage, "model": model.served}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield model, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
