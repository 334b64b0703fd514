"""The journal of a run: append-only, one line per finished trial, the source of truth of everything a run says.

Each line is handed to the operating system in one write before the trial counts as done, so a killed
process loses at most the trials that were under way. The disk is asked to keep it (fsync) at most once a
second and on closing, so a power failure can lose the last second. A line cut short by either is found
when the journal is next opened, dropped, and its trial run again.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from llmops_cli.core.errors import InvalidFileError, RefusedError, SetupError
from llmops_cli.evals.judges.judgement import judging_effort
from llmops_cli.evals.runs.journal_line import JournalEntry, entry_as_line, entry_from_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.clock import Clock

FORMAT = 1
SYNC_INTERVAL_SECONDS = 1.0
_BLOCK = 1 << 16
_ATTEMPT = b'"attempt":'
"""How a retried trial's line gives itself away; within a JSON text the quotation mark would be escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """What a journal holds: trials to leave alone, trials to repair, and what they cost.

    `errored` are those of which asking again could tell more, kept whole, because a trial whose metric failed is
    scored again without asking the model again. `dropped_bytes` is the length of the torn line that was found on
    opening.
    """

    done: frozenset[tuple[str, int]] = frozenset()
    errored: tuple[JournalEntry, ...] = ()
    paid_usd: float = 0.0
    calls: int = 0
    dropped_bytes: int = 0


class Journal:
    """An open journal, locked against a second writer."""

    def __init__(self, path: Path, descriptor: int, clock: Clock, state: JournalState) -> None:
        """Take an open, locked file; use `create` or `reopen`."""
        self.path = path
        self._state: JournalState | None = state
        self._descriptor = descriptor
        self._clock = clock
        self._synced = clock()

    @classmethod
    def create(cls, path: Path, header: JsonObject, clock: Clock) -> Self:
        """Begin a journal; the file must not exist."""
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        _lock(descriptor, path)
        line = json.dumps({"format": FORMAT, **header}, separators=(",", ":"), sort_keys=True)
        _write(descriptor, line.encode("ascii") + b"\n")
        os.fsync(descriptor)
        return cls(path, descriptor, clock, JournalState())

    @classmethod
    def reopen(cls, path: Path, clock: Clock) -> Self:
        """Open a journal to continue it; a torn last line is dropped.

        Raises:
            RefusedError: when another process is writing it.
            InvalidFileError: when a line is not a trial.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            _lock(descriptor, path)
            dropped = _drop_torn_line(descriptor)
            return cls(path, descriptor, clock, _state(path, dropped=dropped))
        except BaseException:
            os.close(descriptor)
            raise

    @property
    def state(self) -> JournalState:
        """What the journal holds at this moment; read from the file again after something was appended."""
        if self._state is None:
            self._state = _state(self.path, dropped=0)
        return self._state

    def append(self, entry: JournalEntry) -> None:
        """Write one finished trial."""
        self._state = None
        _write(self._descriptor, entry_as_line(entry))
        if self._clock() - self._synced >= SYNC_INTERVAL_SECONDS:
            _sync(self._descriptor)
            self._synced = self._clock()

    def append_lines(self, lines: Iterable[bytes]) -> None:
        """Write trials as another journal has them; the lines are known to be whole."""
        self._state = None
        for line in lines:
            _write(self._descriptor, line)

    def close(self) -> None:
        """Ask the disk to keep everything, and let go of the file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                _sync(descriptor)
            finally:
                os.close(descriptor)

    def __enter__(self) -> Self:
        """Use the journal in a `with` statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, whatever happened."""
        self.close()


def read_header(path: Path) -> JsonObject | None:
    """Return the first line of a journal, or None when it is cut short or none of ours."""
    with path.open("rb") as file:
        line = file.readline(_BLOCK * 16)
    if not line.endswith(b"\n"):
        return None
    try:
        header = json.loads(line)
    except ValueError:
        return None
    return header if isinstance(header, dict) and _is_header(header) else None


def _is_header(header: JsonObject) -> bool:
    """Tell whether a first line has what commands read of a run; one that was changed from outside is none of ours."""
    identity = header.get("identity")
    numbers = all(isinstance(header.get(name), int) for name in ("cases", "repeats"))
    names = all(isinstance(header.get(name), str) for name in ("prompt", "model"))
    tiers = isinstance(identity, dict) and isinstance(identity.get("tiers"), list)
    return header.get("format") == FORMAT and numbers and names and tiers


def read_entries(path: Path) -> Iterator[JournalEntry]:
    """Stream the trials of a journal, of a retried trial the last attempt; a torn last line is left out.

    Raises:
        InvalidFileError: when a line before the last is not a trial.
    """
    latest = _last_attempts(path)
    for entry in _lines(path):
        if entry.attempt == latest.get((entry.trial.key.case_id, entry.trial.key.number), 0):
            yield entry


def _last_attempts(path: Path) -> dict[tuple[str, int], int]:
    """Return the number of the last attempt of every trial that was retried; other lines are not parsed for it."""
    latest: dict[tuple[str, int], int] = {}
    with path.open("rb") as file:
        if not any(_ATTEMPT in line for line in file):
            return latest
    for entry in _lines(path):
        if entry.attempt:
            key = (entry.trial.key.case_id, entry.trial.key.number)
            latest[key] = max(entry.attempt, latest.get(key, 0))
    return latest


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where the line of a trial stands in its journal, in bytes."""

    case_id: str
    trial: int
    offset: int
    length: int


def read_places(path: Path) -> Iterator[EntryPlace]:
    """Stream where the trials of a journal stand; of a retried trial every attempt, the last one last.

    Raises:
        InvalidFileError: when a line before the last is not a trial.
    """
    for entry, offset, length in _numbered_lines(path):
        yield EntryPlace(entry.trial.key.case_id, entry.trial.key.number, offset, length)


def _lines(path: Path) -> Iterator[JournalEntry]:
    return (entry for entry, _, _ in _numbered_lines(path))


def _numbered_lines(path: Path) -> Iterator[tuple[JournalEntry, int, int]]:
    with path.open("rb") as file:
        offset = len(file.readline())
        for number, line in enumerate(file, start=2):
            if not line.endswith(b"\n"):
                return
            try:
                yield entry_from_line(line), offset, len(line)
                offset += len(line)
            except (KeyError, TypeError, ValueError) as error:
                message = f"not a trial: {type(error).__name__}."
                hint = "The journal was changed from outside; move the run's folder away and run again."
                raise InvalidFileError(message, where=f"{path}:{number}", hint=hint) from None


def _state(path: Path, *, dropped: int) -> JournalState:
    done: set[tuple[str, int]] = set()
    errored: list[JournalEntry] = []
    calls = 0
    paid = 0.0
    for entry in read_entries(path):
        done.add((entry.trial.key.case_id, entry.trial.key.number))
        if entry.trial.incomplete:
            errored.append(entry)
        completion = entry.trial.completion
        if completion and completion.source.value == "live":
            calls += 1
            paid += completion.cost_usd or 0.0
        paid += judging_effort(entry.trial.scores, entry.trial.failures).paid_usd
    return JournalState(done=frozenset(done), errored=tuple(errored), paid_usd=paid, calls=calls, dropped_bytes=dropped)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = "another process is writing this run."
        raise RefusedError(message, where=str(path), hint="Wait for it, or start a new run.") from None


def _write(descriptor: int, data: bytes) -> None:
    """Append whole lines, or nothing.

    Raises:
        SetupError: when the disk is full or gone. What was written of the line is taken back: the next line of this
            run, which may fit, must not be glued to it.
    """
    view = memoryview(data)
    try:
        while view:  # a full disk or a signal can make a write short
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - (len(data) - len(view)))
        raise _unwritable(error) from error


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> SetupError:
    message = f"the run cannot be written: {error.strerror}."
    return SetupError(message, hint="Make room. What is done is kept, and the same command goes on from there.")


def _drop_torn_line(descriptor: int) -> int:
    """Cut what follows the last line break; return the number of bytes."""
    size = end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(end - _BLOCK, 0)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            end = start + place + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
    return size - end
