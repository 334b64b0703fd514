"""A model provider on loopback: speaks every protocol, as fast as asyncio can, and fails in every way on demand.

In a test: `async with ProtocolServer() as server`, then `server.script([Fault.RATE_LIMIT, None])` for what the
next answers do, and `server.received` for what arrived. In a process of its own, for benchmarks:
`python tests/gateway/protocol_server.py --latency 0.2 --rate-limit 0.1 --server-error 0.05`; it prints its URL.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping

BOMB_BYTES = 200_000_000
DRIP_SECONDS = 0.05


class Fault(StrEnum):
    """What can go wrong with an answer."""

    RATE_LIMIT = "rate-limit"
    OVERLOADED = "overloaded"
    TIMED_OUT = "timed-out"
    CONFLICT = "conflict"
    TOO_EARLY = "too-early"
    SERVER_ERROR = "server-error"
    BAD_GATEWAY = "bad-gateway"
    BAD_REQUEST = "bad-request"
    UNAUTHORIZED = "unauthorized"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    TRUNCATED = "truncated"
    NOT_JSON = "not-json"
    DRIP = "drip"
    HANG = "hang"
    GZIP_BOMB = "gzip-bomb"
    HUGE = "huge"
    REDIRECT = "redirect"


STATUSES = {
    Fault.TIMED_OUT: 408,
    Fault.CONFLICT: 409,
    Fault.TOO_EARLY: 425,
    Fault.BAD_GATEWAY: 502,
    Fault.BAD_REQUEST: 400,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer as a vendor words it, for what no `Fault` is exact enough."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(kw_only=True)
class Behaviour:
    """How the server answers. `rates` are fractions of requests; `retry_after` is sent with 429 and 503."""

    latency_seconds: float = 0.0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reply: Callable[[str], str] = lambda text: text
    redirect_to: str = ""
    tool_call: tuple[str, str] | None = None
    refusal: bool = False
    gzip: bool = False


class ProtocolServer:
    """The server; its URL has no path, so `url + '/v1'` is what an OpenAI-compatible provider is given."""

    def __init__(self, behaviour: Behaviour | None = None, *, seed: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.tls = tls
        self.received: list[Received] = []
        self.count = 0
        self.at_once = 0
        self.most_at_once = 0
        self.keep = True
        self.random = random.Random(seed)  # noqa: S311 - which request fails is no secret
        self.connections: set[Connection] = set()
        self.batches = Batches()
        self._script: deque[Fault | Refusal | None] = deque()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def script(self, faults: Iterable[Fault | Refusal | None]) -> None:
        """Say what the next answers do, in order; after that the rates hold."""
        self._script.extend(faults)

    def next_fault(self) -> Fault | Refusal | None:
        if self._script:
            return self._script.popleft()
        draw = self.random.random()
        for fault, rate in self.behaviour.rates.items():
            if draw < rate:
                return fault
            draw -= rate
        return None

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self), "127.0.0.1", port, ssl=self.tls
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()


class Connection(asyncio.Protocol):
    """One connection with keep-alive; requests are answered one after the other."""

    def __init__(self, server: ProtocolServer) -> None:
        self.server = server
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.server.connections.discard(self)
        for task in self.tasks:
            task.cancel()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            start, length = end + 4, int(headers.get("content-length", 0))
            if len(self.buffer) < start + length:
                return
            data = bytes(self.buffer[start : start + length])
            multipart = headers.get("content-type", "").startswith("multipart/")
            body = data if multipart else json.loads(data or b"null")
            del self.buffer[: start + length]
            self.handle(Received(lines[0].split(" ")[1], headers, body))

    def handle(self, request: Received) -> None:
        server = self.server
        server.count += 1
        if server.keep:
            server.received.append(request)
        fault = server.next_fault()
        if fault is None and is_batch_path(request.path):
            self.send(200, server.batches.answer(request, server.behaviour))
            return
        if fault is None and not server.behaviour.latency_seconds:
            self.send(200, answer(request, server.behaviour))
            return
        task = asyncio.get_running_loop().create_task(self.handle_slowly(request, fault))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def handle_slowly(self, request: Received, fault: Fault | Refusal | None) -> None:
        server = self.server
        server.at_once += 1
        server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            if isinstance(fault, Refusal) or fault not in {Fault.RATE_LIMIT, Fault.OVERLOADED}:
                await asyncio.sleep(server.behaviour.latency_seconds)
            await self.fail(request, fault)
        finally:
            server.at_once -= 1

    async def fail(self, request: Received, fault: Fault | Refusal | None) -> None:  # noqa: C901, PLR0912 - one case per fault
        behaviour = self.server.behaviour
        again = {"retry-after": behaviour.retry_after} if behaviour.retry_after is not None else {}
        data = b"{}" if is_batch_path(request.path) else answer(request, behaviour)
        match fault:
            case None:
                self.send(200, data)
            case Refusal(status, body):
                self.send(status, json.dumps(body).encode())
            case Fault.RATE_LIMIT:
                self.send(429, error_body("slow down"), again)
            case Fault.OVERLOADED:
                self.send(529 if "/messages" in request.path else 503, error_body("overloaded"), again)
            case Fault.TIMED_OUT | Fault.CONFLICT | Fault.TOO_EARLY | Fault.BAD_GATEWAY | Fault.BAD_REQUEST:
                self.send(STATUSES[fault], error_body(fault.value), again)
            case Fault.SERVER_ERROR:
                self.send(500, b"<html>Internal Server Error</html>")
            case Fault.UNAUTHORIZED:
                self.send(401, error_body(f"bad key {request.headers.get('authorization', '')}"))
            case Fault.RESET_BEFORE:
                self.abort()
            case Fault.RESET_AFTER:
                self.send(200, data, {"content-length": str(len(data) + 1)})
                await asyncio.sleep(0)
                self.abort()
            case Fault.TRUNCATED:
                self.send(200, data[: len(data) // 2])
            case Fault.NOT_JSON:
                self.send(200, b"<html>Please log in to the Wi-Fi</html>")
            case Fault.DRIP:
                await self.drip(data)
            case Fault.HANG:
                await asyncio.sleep(3600)
            case Fault.GZIP_BOMB:
                self.send(200, bomb(), {"content-encoding": "gzip"})
            case Fault.HUGE:
                self.send(200, b" " * BOMB_BYTES)
            case Fault.REDIRECT:
                self.send(307, b"", {"location": behaviour.redirect_to})

    async def drip(self, data: bytes) -> None:
        self.send(200, b"", {"content-length": str(len(data))})
        for byte in data:
            await asyncio.sleep(DRIP_SECONDS)
            if self.transport is not None:
                self.transport.write(bytes([byte]))

    def send(self, status: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        behaviour = self.server.behaviour
        sent = {"content-type": "application/json", "content-length": str(len(data)), **behaviour.headers}
        if behaviour.gzip and status == 200:
            data = gzip.compress(data)
            sent |= {"content-encoding": "gzip", "content-length": str(len(data))}
        sent |= headers or {}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self.transport.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + data)


class Batches:
    """The batch endpoints of OpenAI and Anthropic; a batch is ended after it was asked for so many times."""

    def __init__(self) -> None:
        self.looks_until_ended = 2
        self.fails = ""
        self.refuse_every = 0
        self.files: dict[str, bytes] = {}
        self.created: dict[str, list[Any]] = {}
        self._looks: dict[str, int] = {}

    def answer(self, request: Received, behaviour: Behaviour) -> bytes:
        path = request.path.partition("?")[0].rstrip("/")
        anthropic = "/messages/batches" in path
        name = path.rpartition("/")[2]
        if path.endswith("/files"):
            name = f"file-{len(self.files)}"
            self.files[name] = request.body.partition(b"application/jsonl\r\n\r\n")[2].rpartition(b"\r\n--")[0]
            return json.dumps({"id": name, "object": "file"}).encode()
        if name == "content":
            return self.lines(path.split("/")[-2].removeprefix("out-"), behaviour, anthropic=False)
        if name == "results":
            return self.lines(path.split("/")[-2], behaviour, anthropic=True)
        if name == "batches":
            batch = f"batch_{len(self.created)}"
            source = self.files[request.body["input_file_id"]].splitlines() if not anthropic else []
            self.created[batch] = request.body["requests"] if anthropic else [json.loads(line) for line in source]
            return self.status(batch, anthropic=anthropic)
        self._looks[name] = self._looks.get(name, 0) + 1
        return self.status(name, anthropic=anthropic)

    def status(self, batch: str, *, anthropic: bool) -> bytes:
        ended = self._looks.get(batch, 0) >= self.looks_until_ended
        total = len(self.created[batch])
        if anthropic:
            counts = {"processing": 0 if ended else total, "succeeded": total if ended else 0, "errored": 0}
            word = "ended" if ended else "in_progress"
            return json.dumps({"id": batch, "processing_status": word, "request_counts": counts}).encode()
        status = "failed" if self.fails else "completed" if ended else "in_progress"
        document: dict[str, Any] = {
            "id": batch,
            "status": status,
            "request_counts": {"total": total, "completed": total if ended else 0, "failed": 0},
            "output_file_id": f"out-{batch}" if ended else None,
            "errors": {"data": [{"message": self.fails}]} if self.fails else None,
        }
        return json.dumps(document).encode()

    def lines(self, batch: str, behaviour: Behaviour, *, anthropic: bool) -> bytes:
        rows: list[Any] = []
        for number, entry in enumerate(self.created[batch], start=1):
            refused = bool(self.refuse_every) and number % self.refuse_every == 0
            if anthropic:
                result: Any = {"type": "succeeded", "message": messages(entry["params"], behaviour)}
                if refused:
                    result = {"type": "errored", "error": {"type": "error", "error": {"message": "too long"}}}
                rows.append({"custom_id": entry["custom_id"], "result": result})
            else:
                response: Any = {"status_code": 200, "body": chat(entry["body"], behaviour)}
                if refused:
                    response = {"status_code": 400, "body": {"error": {"message": "too long"}}}
                rows.append({"custom_id": entry["custom_id"], "response": response, "error": None})
        # answers come in any order
        return "".join(f"{json.dumps(row)}\n" for row in reversed(rows)).encode()


def is_batch_path(path: str) -> bool:
    return "/batches" in path or "/files" in path


def error_body(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "test"}}).encode()


def bomb() -> bytes:
    """Return 200 KB that unpack to 200 MB."""
    return gzip.compress(b" " * BOMB_BYTES, compresslevel=9)


def answer(request: Received, behaviour: Behaviour) -> bytes:
    """Return the answer of the protocol that the path belongs to."""
    path = request.path.partition("?")[0]
    if path.endswith("/chat/completions"):
        document = chat(request.body, behaviour)
    elif path.endswith("/responses"):
        document = responses(request.body, behaviour)
    elif path.endswith("/messages"):
        document = messages(request.body, behaviour)
    elif ":generateContent" in path:
        document = generate_content(request.body, behaviour)
    elif path.endswith("/decisions"):
        document = decisions(request.body, behaviour)
    elif path.endswith("/systemone"):
        document = systemone(request.body)
    elif path.endswith("/embeddings"):
        document = embeddings(request.body)
    else:
        document = {"error": {"message": f"no such path {path}"}}
    return json.dumps(document).encode()


def chat(body: Any, behaviour: Behaviour) -> Any:
    text = behaviour.reply(body["messages"][-1]["content"])
    message: dict[str, Any] = {"role": "assistant", "content": text}
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "message": message}
    if behaviour.tool_call:
        name, arguments = behaviour.tool_call
        function = {"name": name, "arguments": arguments}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
        choice["finish_reason"] = "tool_calls"
    if behaviour.refusal:
        message |= {"content": None, "refusal": text}
    if body.get("logprobs"):
        other = {"token": "no", "logprob": -2.0}
        choice["logprobs"] = {"content": [{"token": "yes", "logprob": -0.1, "top_logprobs": [other]}]}
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}
    served = body["model"] + "-2026-01-01"
    return {"id": "c1", "model": served, "system_fingerprint": "fp_1", "choices": [choice], "usage": usage}


def responses(body: Any, behaviour: Behaviour) -> Any:
    text = behaviour.reply(body["input"][-1]["content"])
    part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
    if behaviour.refusal:
        part = {"type": "refusal", "refusal": text}
    output: list[dict[str, Any]] = [{"type": "reasoning", "summary": []}]
    if behaviour.tool_call:
        name, arguments = behaviour.tool_call
        output.append({"type": "function_call", "name": name, "arguments": arguments, "call_id": "1"})
    else:
        output.append({"type": "message", "role": "assistant", "content": [part]})
    cut = body.get("max_output_tokens") == 1
    details = {"incomplete_details": {"reason": "max_output_tokens"}} if cut else {}
    usage = {"input_tokens": 11, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 3}}
    status = "incomplete" if cut else "completed"
    return {
        "id": "r1",
        "model": body["model"] + "-2026-01-01",
        "status": status,
        "output": output,
        "usage": usage,
    } | details


def messages(body: Any, behaviour: Behaviour) -> Any:
    text = behaviour.reply(body["messages"][-1]["content"])
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    reason = "refusal" if behaviour.refusal else "end_turn"
    if body.get("tool_choice", {}).get("type") == "tool":
        forced = body["tool_choice"]["name"]
        content, reason = [{"type": "tool_use", "id": "1", "name": forced, "input": json.loads(text)}], "tool_use"
    elif behaviour.tool_call:
        name, arguments = behaviour.tool_call
        content = [{"type": "tool_use", "id": "1", "name": name, "input": json.loads(arguments)}]
        reason = "tool_use"
    usage = {"input_tokens": 8, "cache_read_input_tokens": 3, "output_tokens": 5}
    served = body["model"] + "-20260101"
    return {"id": "m1", "model": served, "role": "assistant", "content": content, "stop_reason": reason, "usage": usage}


def generate_content(body: Any, behaviour: Behaviour) -> Any:
    text = behaviour.reply(body["contents"][-1]["parts"][-1]["text"])
    part: dict[str, Any] = {"text": text}
    if behaviour.tool_call:
        name, arguments = behaviour.tool_call
        part = {"functionCall": {"name": name, "args": json.loads(arguments)}}
    reason = "SAFETY" if behaviour.refusal else "STOP"
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [part]}, "finishReason": reason}
    if body.get("generationConfig", {}).get("responseLogprobs"):
        other = {"token": "no", "logProbability": -2.0}
        top = [{"candidates": [{"token": "yes", "logProbability": -0.1}, other]}]
        chosen = [{"token": "yes", "logProbability": -0.1}]
        candidate["logprobsResult"] = {"chosenCandidates": chosen, "topCandidates": top}
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 5, "cachedContentTokenCount": 3}
    return {"modelVersion": "gemini-test-001", "candidates": [candidate], "usageMetadata": usage}


def shares(options: list[str]) -> dict[str, float]:
    """Three quarters for the first option, the rest among the others."""
    rest = 0.25 / (len(options) - 1)
    return {option: 0.75 if index == 0 else rest for index, option in enumerate(options)}


def decisions(body: Any, behaviour: Behaviour) -> Any:
    answers: list[dict[str, Any]] = []
    for question in body["questions"]:
        each = shares([choice["value"] for choice in question["choices"]])
        probabilities = [{"value": value, "probability": probability} for value, probability in each.items()]
        answer = {"type": "choice", "choice": max(each, key=lambda value: each[value]), "confidence": 0.5}
        answers.append({"name": question["name"], **answer, "probabilities": probabilities})
        if behaviour.refusal:
            answers[-1] = {"name": question["name"], "type": "refusal"}
    return {"model": body["model"] + "-1", "answers": answers, "usage": {"input_tokens": 40, "output_tokens": 0}}


def systemone(body: Any) -> Any:
    answers: dict[str, Any] = {}
    for name, question in body["questions"].items():
        each = shares(list(question["criteria"]))
        choice = max(each, key=lambda value: each[value])
        answers[name] = {"type": "choice", "choice": choice, "probabilities": each, "confidence": 0.5}
    return {"model": body["model"] + "-1", "answers": answers, "usage": {"input_tokens": 40, "output_tokens": 0}}


def embeddings(body: Any) -> Any:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    rows = [{"index": n, "embedding": [float(len(text)), 1.0, 0.0]} for n, text in enumerate(texts)]
    return {"data": rows, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


async def serve(arguments: argparse.Namespace) -> None:
    rates = {fault: rate for fault in Fault if (rate := getattr(arguments, fault.value.replace("-", "_")))}
    behaviour = Behaviour(latency_seconds=arguments.latency, rates=rates, retry_after=arguments.retry_after)
    server = ProtocolServer(behaviour, seed=arguments.seed)
    server.keep = False
    await server.start(arguments.port)
    sys.stdout.write(server.url + "\n")
    sys.stdout.flush()
    # the end of the input ends the server, so that it does not outlive who started it
    await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(f"{server.count}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--retry-after", default=None)
    for fault in Fault:
        parser.add_argument(f"--{fault.value}", type=float, default=0.0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
