"""`file:releases`: a folder of JSON files, for laptops, ConfigMaps and volumes.

    releases/<prompt id>/v<version>.json           never changed once written
    environments/<name>/events/<revision>-….json   one per step
    environments/<name>/state.json                 replaced by a rename: the step
    environments/<name>/flagd.json                 the same as a flagd configuration, written after it

A writer holds a lock on `environments/<name>/lock` from comparing the revision to the rename; the kernel frees
it when a writer dies. Releases and event are durable before the state that names them.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import EnvironmentState, parse_state
from llmops_cli.core.errors import TargetError, UsageError
from llmops_cli.core.release_content import PROMPT_ID
from llmops_cli.core.release_fields import DIGEST, ENVIRONMENT
from llmops_cli.core.release_target import (
    DamagedRecordError,
    ReleaseExistsError,
    StaleRevisionError,
    UnknownOutcomeError,
)
from llmops_cli.core.releases import Release, ReleaseRef, parse_release
from llmops_cli.core.snapshot import LARGEST_SNAPSHOT
from llmops_cli.core.strict_document import LARGEST_STATE, DocumentError
from llmops_cli.release.atomic_files import create_file, make_folder, replace_file, sync_folder
from llmops_cli.release.flagd_file import LONGEST_TAIL, flagd_file, is_behind
from llmops_cli.release.opening import Surroundings, path_in_uri
from llmops_cli.release.polling import poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llmops_cli.core.release_target import StoredRelease, Write

POLL_SECONDS = 0.1
STATE, FLAGD = "state.json", "flagd.json"


def open_target(uri: str, surroundings: Surroundings) -> FileTarget:
    """Open the target of a `file:` URI."""
    return FileTarget(path_in_uri(uri, surroundings))


class FileTarget:
    """A target in a folder."""

    def __init__(self, root: Path) -> None:
        """Take the folder; the first commit makes it."""
        self.label = f"file:{root}"
        self._root = root

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        with self._errors("read"):
            found = self._root.joinpath("environments").glob(f"*/{STATE}")
            return tuple(sorted(path.parent.name for path in found if ENVIRONMENT.fullmatch(path.parent.name)))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state; a flagd file that a killed writer left behind is brought up to it."""
        with self._errors("read"):
            data = _read(self._folder(environment) / STATE)
        if data is not None and self._flagd_is_behind(environment, data):
            with suppress(TargetError, OSError, DocumentError), self._locked(environment):
                self._write_flagd(self._current(environment))
        return data

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none.

        Raises:
            DamagedRecordError: its file is there and cannot be read; the others may be fine.
        """
        try:
            return _read(self._release_path(prompt_id, version))
        except OSError as error:
            message = f"the file of {prompt_id}-v{version} cannot be read: {error.strerror or error}."
            raise DamagedRecordError(message, where=self.label) from error

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event with that revision and digest and those before it, newest first."""
        found: list[bytes] = []
        with self._errors("read"):
            while revision > 0 and len(found) < limit and DIGEST.fullmatch(head):
                data = _read(self._event_path(environment, revision, head))
                if data is None:
                    break
                found.append(data)
                revision, head = revision - 1, _previous(data)
        return found

    def commit(self, write: Write) -> None:
        """Make the step: releases, event, then the state by one rename."""
        with self._errors("written"), self._locked(write.environment):
            current = self._current(write.environment)
            if (current.revision, current.head) != (write.revision, write.head):
                self._check_revision(write, current)
                for release in write.releases:
                    self._put(release)
                replace_file(self._event_path(write.environment, write.revision, write.head), write.event)
            self._make_live(write)
            try:
                # on a step that is made again, what stands there may be anything: it is written anew
                self._write_flagd(self._current(write.environment), before=current)
            except OSError as error:
                message = f"revision {write.revision} is live, but {FLAGD} beside it could not be written: {error}."
                raise TargetError(message, where=self.label, hint="Make room; the next command writes it.") from error

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        return poll(
            lambda: self._current(environment).revision,
            after=after,
            timeout_seconds=timeout_seconds,
            every_seconds=POLL_SECONDS,
        )

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _make_live(self, write: Write) -> None:
        try:
            replace_file(self._folder(write.environment) / STATE, write.state)
        except OSError as error:
            message = f"the step may not have been made: {error.strerror or error}."
            raise UnknownOutcomeError(message, where=self.label) from error

    def _check_revision(self, write: Write, current: EnvironmentState) -> None:
        if (current.revision, current.head) != (write.revision - 1, write.previous):
            raise StaleRevisionError(
                write.environment, expected=write.revision - 1, current=current.revision, where=self.label
            )

    def _current(self, environment: str) -> EnvironmentState:
        with self._errors("read"):
            data = _read(self._folder(environment) / STATE)
            return EnvironmentState(environment=environment) if data is None else parse_state(data, environment)

    def _put(self, release: StoredRelease) -> None:
        path = self._release_path(release.prompt_id, release.version)
        if create_file(path, release.data):
            return
        if _read(path) != release.data:
            raise ReleaseExistsError(release.prompt_id, release.version, where=self.label)
        # a writer that was killed may not have come to this
        sync_folder(path.parent)

    def _write_flagd(self, state: EnvironmentState, *, before: EnvironmentState | None = None) -> None:
        path = self._folder(state.environment) / FLAGD
        earlier = _read(path, largest=LARGEST_SNAPSHOT) if before else None
        replace_file(path, flagd_file(state, self._usable_release, before, earlier))

    def _usable_release(self, prompt_id: str, ref: ReleaseRef) -> Release | None:
        with suppress(DocumentError, OSError):
            data = _read(self._release_path(prompt_id, ref.version))
            return parse_release(data, ref) if data is not None else None
        return None

    def _flagd_is_behind(self, environment: str, state: bytes) -> bool:
        try:
            with (self._folder(environment) / FLAGD).open("rb") as stream:
                stream.seek(0, os.SEEK_END)
                stream.seek(max(0, stream.tell() - LONGEST_TAIL))
                return is_behind(stream.read(), state)
        except OSError:
            return True

    def _folder(self, environment: str) -> Path:
        if not ENVIRONMENT.fullmatch(environment):
            message = "that cannot be the name of an environment."
            raise UsageError(message, where=self.label)
        return self._root / "environments" / environment

    def _event_path(self, environment: str, revision: int, head: str) -> Path:
        return self._folder(environment) / "events" / f"{revision:09d}-{head.removeprefix('sha256:')[:32]}.json"

    def _release_path(self, prompt_id: str, version: int) -> Path:
        if not PROMPT_ID.fullmatch(prompt_id):
            message = "that cannot be the id of a prompt."
            raise UsageError(message, where=self.label)
        return self._root / "releases" / prompt_id / f"v{version}.json"

    @contextmanager
    def _locked(self, environment: str) -> Iterator[None]:
        folder = self._folder(environment)
        make_folder(folder)
        with (folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except DocumentError as error:
            message = f"the state cannot be used: {error}."
            raise TargetError(message, where=self.label) from error
        except OSError as error:
            message = f"the folder cannot be {done}: {error.strerror or error}."
            raise TargetError(message, where=self.label) from error


def _read(path: Path, *, largest: int = LARGEST_STATE) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _previous(event: bytes) -> str:
    """Return what the event names before it, without judging the rest: the reader does."""
    try:
        document = json.loads(event)
    except ValueError:
        return ""
    previous = document.get("previous") if isinstance(document, dict) else None
    return previous if isinstance(previous, str) else ""
