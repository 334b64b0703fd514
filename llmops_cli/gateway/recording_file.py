"""One file of recordings: a line for each request and trial, sorted, in canonical JSON.

The fields are called `digest`, `request`, `response`, `trial`, so that canonical JSON puts the key at both ends
of a line: the index is built by slicing, without parsing what lies between, and keeps offsets instead of answers.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.completion_json import completion_as_json, completion_from_json
from llmops_cli.core.errors import InvalidFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

RecordingKey: TypeAlias = tuple[str, int]
"""The digest of the request, and the number of the trial."""

_HEAD = re.compile(rb'\{"digest":"(sha256:[0-9a-f]{64})","request":')
_TAIL = re.compile(rb',"trial":(\d{1,9})\}\n?$')
_LATENCY_DIGITS = 3

LINKED_PARENTS = 3
"""Folders above a file of recordings that belong to them: `evals/recordings/<provider>`, the suites' own included."""


def recording_key(line: bytes) -> RecordingKey | None:
    """Return the key under which a line answers, None when it is not a recording.

    Whoever compares recordings reads keys here too: JSON lets a line name a second digest further on.
    """
    head, tail = _HEAD.match(line), _TAIL.search(line)
    return (head[1].decode("ascii"), int(tail[1])) if head and tail else None


@dataclass(frozen=True, slots=True)
class _Place:
    line: int
    offset: int
    length: int


class RecordingFile:
    """The recordings of one model. Reading keeps two numbers a line; writing replaces the file in one step."""

    def __init__(self, path: Path, shown_path: str) -> None:
        """Take the path, and the one that messages show."""
        self.path = path
        self.shown_path = shown_path
        self._index: dict[RecordingKey, _Place] | None = None
        self._handle: BinaryIO | None = None

    def answer(self, key: RecordingKey) -> Completion | None:
        """Return the recorded completion, None when there is none.

        Raises:
            InvalidFileError: when the file, or the line, is not what `write` writes.
        """
        place = self._places().get(key)
        if place is None:
            return None
        document = self._document(place)
        try:
            return completion_from_json(cast("Mapping[str, JsonValue]", document["response"]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._broken(place.line, "the response is not a completion") from error

    def has_trial_before(self, key: RecordingKey) -> bool:
        """Tell whether an earlier trial of the same request is recorded."""
        return any((key[0], trial) in self._places() for trial in range(key[1]))

    def requests(self) -> Iterator[JsonObject]:
        """Walk the recorded requests, one per digest."""
        seen: set[str] = set()
        for (digest, _), place in self._places().items():
            if digest not in seen:
                seen.add(digest)
                yield cast("JsonObject", self._document(place)["request"])

    def write(self, added: Mapping[RecordingKey, bytes]) -> bool:
        """Add or replace lines, and tell whether the file changed; old or new, never between."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path.parent):
            # another process may have written since the file was read
            self.close()
            return self._write_locked(added)

    def _write_locked(self, added: Mapping[RecordingKey, bytes]) -> bool:
        places = self._places()
        keys = sorted({*places, *added})
        if set(keys) == set(places) and not any(self._differs(key, line) for key, line in added.items()):
            return False
        descriptor, scratch = tempfile.mkstemp(prefix=f".{self.path.name}-", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "wb") as sink:
                for key in keys:
                    new = added.get(key)
                    sink.write(self._line(places[key]) if new is None or not self._differs(key, new) else new)
                sink.flush()
                os.fsync(sink.fileno())
            os.chmod(scratch, 0o644)  # noqa: PTH101 - a committed file, not a secret
            os.replace(scratch, self.path)  # noqa: PTH105
        except BaseException:
            os.unlink(scratch)  # noqa: PTH108
            raise
        self.close()
        return True

    def close(self) -> None:
        """Forget the index and close the file."""
        if self._handle is not None:
            self._handle.close()
        self._handle = self._index = None

    def _differs(self, key: RecordingKey, line: bytes) -> bool:
        """Tell whether the answer is another one; a new latency alone is no reason for a diff in a review."""
        place = self._places().get(key)
        return place is None or _without_latency(self._line(place)) != _without_latency(line)

    def _places(self) -> dict[RecordingKey, _Place]:
        if self._index is None:
            self._index = self._read_index()
        return self._index

    def _read_index(self) -> dict[RecordingKey, _Place]:
        index: dict[RecordingKey, _Place] = {}
        link = next((part for part in (self.path, *self.path.parents[:LINKED_PARENTS]) if part.is_symlink()), None)
        if link is not None:
            # what guards recordings reads them where they are committed; a link leads past it
            message = "recordings are read from files of their own, not through a link."
            raise InvalidFileError(message, where=self.shown_path, hint="Put the file itself there.")
        try:
            self._handle = self.path.open("rb")
        except FileNotFoundError:
            return index
        offset = 0
        for number, line in enumerate(self._handle, start=1):
            key = recording_key(line)
            if key is None:
                raise self._broken(number, "this is not a recording")
            if key in index:
                raise self._broken(number, f"the request of line {index[key].line} is recorded twice")
            index[key] = _Place(number, offset, len(line))
            offset += len(line)
        return index

    def _line(self, place: _Place) -> bytes:
        assert self._handle is not None  # noqa: S101 - a place comes from an open file
        self._handle.seek(place.offset)
        return self._handle.read(place.length).removesuffix(b"\n") + b"\n"

    def _document(self, place: _Place) -> dict[str, JsonValue]:
        try:
            return cast("dict[str, JsonValue]", json.loads(self._line(place)))
        except (ValueError, RecursionError) as error:
            raise self._broken(place.line, "this is not JSON") from error

    def _broken(self, line: int, problem: str) -> InvalidFileError:
        hint = "Recordings are written by llmops eval --record; take the file from Git, or record again."
        return InvalidFileError(f"{problem}.", where=f"{self.shown_path}:{line}", hint=hint)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder itself, which leaves no lock file among what is committed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def recording_line(request: CompletionRequest, completion: Completion) -> bytes:
    """Return the line of one answer; the same answer gives the same bytes, apart from its latency."""
    response = dict(completion_as_json(completion))
    response["latency_seconds"] = round(completion.latency_seconds, _LATENCY_DIGITS)
    # where it came from when it was recorded, and what it cost then, say nothing about the answer
    for name in ("source", "cost_usd"):
        response.pop(name, None)
    document: JsonObject = {
        "digest": request.digest(),
        "request": request.as_json(),
        "response": response,
        "trial": request.trial,
    }
    return canonical_json(document) + b"\n"


_LATENCY = re.compile(rb'"latency_seconds":[0-9.e+-]+')


def _without_latency(line: bytes) -> bytes:
    # the last one on the line: the text of a request stands before the response
    matches = list(_LATENCY.finditer(line))
    return line if not matches else line[: matches[-1].start()] + line[matches[-1].end() :]
