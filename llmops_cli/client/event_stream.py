"""Server-sent events, read with bounds: bytes in, revisions out (WHATWG HTML, 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_LINE = 16 << 10
MOST_LINES = 100


def revisions(chunks: Iterable[bytes]) -> Iterator[int]:
    """Walk the revisions that a stream tells, heartbeats included; a revision may come twice.

    Raises:
        DocumentError: the stream is not one of ours, or does not end its lines or events.
    """
    data: list[bytes] = []
    lines = 0
    for line in _lines(chunks):
        lines += 1
        if lines > MOST_LINES:
            message = "an event of the stream has too many lines"
            raise DocumentError(message)
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line:
            if data:
                yield _revision(b"\n".join(data))
            data, lines = [], 0


def _revision(data: bytes) -> int:
    # more members may come with later versions; only the revision matters
    return Fields(read_document(data)).integer("revision")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
        if len(rest) > LONGEST_LINE:
            message = "a line of the stream does not end"
            raise DocumentError(message)
