"""Last known good on disk: one file per service and environment, replaced in one step, checked when read.

The first line says when the service last confirmed the snapshot and what its SHA-256 is; the rest is the
snapshot. A file that is damaged anywhere, or belongs to another user, is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.snapshot import LARGEST_SNAPSHOT, Snapshot, parse_snapshot
from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = 1
_LONGEST_HEAD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A snapshot from disk, and when the service last confirmed it (seconds since the epoch)."""

    snapshot: Snapshot
    confirmed_at: float


@dataclass(frozen=True, slots=True)
class DiskCopy:
    """The file of one service and environment."""

    path: Path
    environment: str

    @classmethod
    def of(cls, folder: Path, url: str, environment: str) -> DiskCopy:
        """Return the file that belongs to a service: two services never share one."""
        name = hashlib.sha256(f"{url}\n{environment}".encode()).hexdigest()[:16]
        return cls(folder / f"{environment}-{name}.snapshot", environment)

    def read(self) -> Kept | None:
        """Return what was kept, None when nothing was.

        Raises:
            DocumentError: the file cannot be used.
        """
        try:
            with self.path.open("rb") as stream:
                if os.fstat(stream.fileno()).st_uid != os.geteuid():
                    message = "the file belongs to another user"
                    raise DocumentError(message)
                head, body = stream.readline(_LONGEST_HEAD), stream.read(LARGEST_SNAPSHOT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            raise DocumentError(message) from None
        fields = Fields(read_document(head))
        if fields.integer("schema") != _SCHEMA or fields.text("sha256") != hashlib.sha256(body).hexdigest():
            message = "the file is damaged"
            raise DocumentError(message)
        confirmed_at = fields.number("confirmed_at")
        fields.done()
        return Kept(snapshot=parse_snapshot(body, self.environment), confirmed_at=confirmed_at)

    def write(self, snapshot: Snapshot, confirmed_at: float) -> None:
        """Replace the file; whoever reads has the old bytes or the new ones, also after a power cut.

        Raises:
            OSError: the disk is full, read-only, or somebody else's.
        """
        body = snapshot.data()
        digest = hashlib.sha256(body).hexdigest()
        head = json.dumps({"confirmed_at": confirmed_at, "schema": _SCHEMA, "sha256": digest}).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            with open(fresh, "xb", opener=_private) as stream:
                stream.write(head + b"\n" + body)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self.path)
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
        _sync_folder(self.path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
