"""The port to the places where releases go. A target keeps bytes; what they mean is decided above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.errors import RefusedError, TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence


class StaleRevisionError(RefusedError):
    """Somebody else was faster: the environment is at another revision than the writer thought."""

    def __init__(self, environment: str, *, expected: int, current: int, where: str | None = None) -> None:
        """Keep both revisions, so that the loser can look again from the current one."""
        message = f"'{environment}' is at revision {current}, not at {expected}: somebody else was faster."
        super().__init__(message, where=where, hint="Look at it and try again: llmops status")
        self.current = current


class ReleaseExistsError(RefusedError):
    """The version is stored already, with other bytes; they stay."""

    def __init__(self, prompt_id: str, version: int, *, where: str | None = None) -> None:
        """Name the version."""
        message = f"{prompt_id}-v{version} is released already, with another record."
        super().__init__(message, where=where, hint="A version never changes. Give the prompt a new one: llmops bump")
        self.prompt_id = prompt_id
        self.version = version


class DamagedRecordError(TargetError):
    """The target answers, but a record is missing or not what was written. Asking again does not mend that.

    An outage is another thing: whoever cannot ask does not know that a release is damaged.
    """


class UnknownOutcomeError(TargetError):
    """The answer was lost: the change may or may not be there. Looking for its event's key tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRelease:
    """A release as a target keeps it."""

    prompt_id: str
    version: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One step of an environment, complete: what must be there together, or not at all.

    `revision` is that of the state it leads to; the target has to be at `revision - 1`. `head` is the digest
    of `event`, `previous` that of the event before it (empty for the first).
    """

    environment: str
    revision: int
    previous: str
    head: str
    state: bytes
    event: bytes
    releases: tuple[StoredRelease, ...] = ()


class Target(Protocol):
    """Where releases go: sqlite, a folder, an HTTP service, etcd, S3, Redis, PostgreSQL.

    Every method raises `TargetError` when the place cannot be reached or does not do what was asked. A
    method that returned is durable. `label` is its address for people, without passwords.
    """

    label: str

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        ...

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        ...

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        ...

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event at `revision` with the digest `head` and those before it, newest first.

        At least one where it exists, at most `limit`; the caller goes on from the `previous` of the last one.
        """
        ...

    def commit(self, write: Write) -> None:
        """Make the step: releases that are not there yet, the event, and the state, in one or in that order.

        A step that is the newest already (the same `head`) is made durable again and is no error: whoever
        lost the answer asks once more.

        Raises:
            StaleRevisionError: the environment is not at `write.revision - 1`; nothing changed.
            ReleaseExistsError: a release is there with other bytes; nothing else changed.
            UnknownOutcomeError: the step may have been made.
        """
        ...

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
