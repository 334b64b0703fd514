"""A server on a real socket that answers with what a test makes of a good answer: heads, bodies, both, or neither."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from release.mutations import mutated

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    Way = Callable[["Good", random.Random], bytes]

OK = b"HTTP/1.1 200 OK\r\n"
LONGEST_REQUEST = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """An answer as it should be, and others that would be right elsewhere or were right before."""

    body: bytes
    etag: str
    others: tuple[bytes, ...]
    kind: bytes = b"application/json"

    def head(self, body: bytes, **changed: bytes) -> bytes:
        """Return the head for a body, with fields set to something else or, if empty, left out."""
        digest = base64.b64encode(hashlib.sha256(self.body).digest())
        fields = {
            b"Content-Type": self.kind,
            b"Content-Length": b"%d" % len(body),
            b"ETag": self.etag.encode(),
            b"Repr-Digest": b"sha-256=:%s:" % digest,
        }
        fields |= {name.replace("_", "-").encode(): value for name, value in changed.items()}
        lines = [b"%s: %s\r\n" % field for field in fields.items() if field[1]]
        return OK + b"".join(lines) + b"Connection: close\r\n\r\n"

    def whole(self) -> bytes:
        return self.head(self.body) + self.body


def _body(good: Good, source: random.Random) -> bytes:
    body = mutated(good.body, source)
    return good.head(body) + body


def _body_without_digest(good: Good, source: random.Random) -> bytes:
    body = mutated(good.body, source)
    return good.head(body, Repr_Digest=b"") + body


def _another(good: Good, source: random.Random) -> bytes:
    body = source.choice(good.others)
    return good.head(body, Repr_Digest=source.choice([b"", b"sha-256=::", b"sha-256=:AAAA:"])) + body


def _wrong_length(good: Good, source: random.Random) -> bytes:
    size = len(good.body)
    lengths = [b"%d" % (size - source.randrange(1, size)), b"%d" % (size + 5), b"0", b"-1", b"x", b"9" * 30, b"1, 2"]
    return good.head(good.body, Content_Length=source.choice(lengths)) + good.body


def _wrong_head(good: Good, source: random.Random) -> bytes:
    changes: list[dict[str, bytes]] = [
        {"Content_Encoding": b"gzip"},
        {"Content_Encoding": b"br"},
        {"Transfer_Encoding": b"chunked"},
        {"Transfer_Encoding": b"chunked", "Content_Length": b""},
        {"ETag": b'"production.999"'},
        {"ETag": b"\xff\xfe"},
        {"Repr_Digest": b"sha-256=:" + base64.b64encode(bytes(32)) + b":"},
        {"Repr_Digest": b"sha-256=nothing"},
        {"Content_Type": b"text/html; charset=utf-16"},
        {"X_Large": b"x" * 200_000},
        {"Location": b"http://127.0.0.1:9/"},
    ]
    return good.head(good.body, **source.choice(changes)) + good.body


def _wrong_status(good: Good, source: random.Random) -> bytes:
    lines = [
        b"304 Not Modified", b"204 No Content", b"301 Moved Permanently", b"404 Not Found", b"410 Gone", b"401 No",
        b"429 Slow", b"500 Error", b"503 Away", b"206 Partial Content", b"100 Continue", b"999 ?", b"20 OK", b"",
    ]  # fmt: skip
    return good.whole().replace(b"200 OK", source.choice(lines), 1)


def _chunks(good: Good, source: random.Random) -> bytes:
    head = good.head(good.body, Transfer_Encoding=b"chunked", Content_Length=b"")
    size = source.choice([b"%x" % len(good.body), b"%x" % (len(good.body) - 1), b"ffffffffffffffffff", b"-5", b"zz"])
    return head + size + b"\r\n" + good.body + source.choice([b"\r\n0\r\n\r\n", b"\r\n", b"", b"0\r\n"])


def _bytes_of_the_wire(good: Good, source: random.Random) -> bytes:
    data = bytearray(good.whole())
    for _ in range(source.randrange(1, 4)):
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return bytes(data)


def _cut_off(good: Good, source: random.Random) -> bytes:
    return good.whole()[: source.randrange(len(good.whole()))]


def _nothing_of_the_kind(good: Good, source: random.Random) -> bytes:
    return source.choice([b"", b"\x16\x03\x01\x02", b"SSH-2.0-x\r\n", b"\r\n" * 50, good.body, b"HTTP/1.1 200\r\n\r\n"])


WAYS: Mapping[str, Way] = {
    "the body is changed": _body,
    "the body is changed, without a digest": _body_without_digest,
    "another document": _another,
    "the length is wrong": _wrong_length,
    "the head is wrong": _wrong_head,
    "the status is wrong": _wrong_status,
    "the chunks are wrong": _chunks,
    "bits of the wire flip": _bytes_of_the_wire,
    "the answer is cut off": _cut_off,
    "it is no answer": _nothing_of_the_kind,
}


@dataclass(slots=True)
class HostileServer:
    """Answers one request a connection. `answer` makes the bytes for a path."""

    answer: Callable[[str], bytes]
    url: str = ""
    defects: list[Exception] = field(default_factory=list)
    """What went wrong in `answer`: a test's own defect, after which nothing is answered."""

    def serve(self, listener: socket.socket) -> None:
        """Answer until the listener is closed."""
        try:
            self._serve(listener)
        except Exception as error:  # noqa: BLE001 - the block that runs the server raises it
            self.defects.append(error)
            listener.close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(10)
                request = b""
                while b"\r\n\r\n" not in request and len(request) < LONGEST_REQUEST:
                    received = connection.recv(LONGEST_REQUEST)
                    if not received:
                        break
                    request += received
                connection.sendall(self.answer(request.split(b" ", 2)[1].decode("ascii", "replace")))
                # otherwise what was not read yet is lost with a reset
                connection.shutdown(socket.SHUT_WR)


@contextmanager
def hostile_server(answer: Callable[[str], bytes]) -> Iterator[HostileServer]:
    """Run a server in a thread until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        server = HostileServer(answer, f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(20)
    for defect in server.defects:
        raise defect
