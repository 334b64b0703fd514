"""Keeps a client's memory up to date: loads, listens, asks again, backs off. Runs beside the readers.

One attempt ends when the connection does; what it learned stays. Nothing here is ever waited for by a read
after the first load, and nothing here removes what is known.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.client.event_stream import revisions
from llmops_cli.client.memory import Memory
from llmops_cli.client.served import Freshness, Source
from llmops_cli.client.transport import NOT_MODIFIED, Answer, FetchError, NoStreamError, Transport
from llmops_cli.core.environment_state import parse_state
from llmops_cli.core.snapshot import LARGEST_SNAPSHOT, Snapshot, parse_snapshot, release_of, served_refs
from llmops_cli.core.strict_document import LARGEST_DOCUMENT, LARGEST_STATE, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.client.disk import DiskCopy
    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.releases import Release

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 45.0
POLL_SECONDS = 30
MOST_SINGLE_RELEASES = 20
"""Up to so many new releases are fetched one by one; for more the whole snapshot costs less."""

MOST_SILENT_STREAMS = 3
"""After so many streams in a row that ended without an event the client asks again and again instead."""

KEEP_AGAIN_SECONDS = 600.0
"""The file on disk is written again for its time alone at most this often."""

_OUR_TAG = re.compile(r'(?:W/)?"([a-z0-9_-]+)\.(\d{1,16})[".-]')

_log = logging.getLogger("llmops_cli.client")


@dataclass(slots=True, kw_only=True)
class Follower:
    """The state of one client, and how it moves. Methods are called by one thread; attributes are read by all.

    `clock` gives seconds since the epoch, `jitter` a number in [0, 1). `problem` says why the newest answer was
    not taken over, empty when it was.
    """

    environment: str
    transport: Transport
    disk: DiskCopy | None
    clock: Callable[[], float]
    jitter: Callable[[], float]
    memory: Memory = field(default_factory=Memory)
    freshness: Freshness = field(init=False)
    problem: str = ""
    connected: bool = False
    loaded: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    stopping: bool = False
    _client_id: str = field(default_factory=lambda: secrets.token_hex(8))
    _etag: str = ""
    _failures: int = 0
    _kept_at: float = 0.0
    _streams: bool = True
    _silent_streams: int = 0

    def __post_init__(self) -> None:
        """Start with nothing confirmed."""
        self.freshness = Freshness(clock=self.clock, confirmed_at=0.0)

    def start_from(self, snapshot: Snapshot, source: Source, confirmed_at: float) -> None:
        """Take over what disk or bundle hold, unless something newer is known."""
        if not self.memory.problem_of(snapshot):
            self._take_over(snapshot, source, Freshness(clock=self.clock, confirmed_at=confirmed_at))

    def attempt(self) -> float:
        """Connect and follow until that ends; return how many seconds to wait before the next attempt."""
        try:
            self._update()
            self.loaded.set()
            if self._streams:
                self._listen()
            else:
                self._update(wait=True)
                return 0.0
        except NoStreamError:
            self._streams = False
            return 0.0
        except (FetchError, DocumentError) as error:
            self._tell(str(error))
            # a proxy that keeps a stream to itself until it ends
            self._silent_streams += self.connected
            self._streams = self._silent_streams < MOST_SILENT_STREAMS
        except Exception as error:  # noqa: BLE001 - an application's prompts do not end with a defect of ours
            self._tell(f"{type(error).__name__} in the client")
        finally:
            self.connected = False
            self.loaded.set()
        self._failures += 1
        return self._pause()

    def _pause(self) -> float:
        """Return a growing pause, at random between half of it and the whole, so that clients spread out."""
        longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 16), LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + self.jitter() / 2)

    def _listen(self) -> None:
        """Follow the stream until it ends, fetching whenever it tells of a revision that is not here."""
        path = f"/v1/environments/{self.environment}/events?after={self.memory.floor}"
        with self.transport.stream(path, headers=self._headers()) as chunks:
            self.connected = True
            # whatever happened between the load and this stream
            self._update()
            for revision in revisions(chunks):
                self._silent_streams = 0
                if self.stopping:
                    return
                if revision > self.memory.floor:
                    self._update()
                elif not self.problem:
                    self._confirm()
        if not self.stopping:
            message = "the stream ended"
            raise FetchError(message)

    def _update(self, *, wait: bool = False) -> None:
        """Ask until there is nothing newer. The last question tells the service which revision is served here."""
        while self._advance(wait=wait) and not self.stopping:
            wait = False

    def _advance(self, *, wait: bool) -> bool:
        """Ask for the newest state, take it over with the releases that are new, and tell whether it is newer.

        Raises:
            FetchError: the service cannot be asked.
            DocumentError: what it answered must not be used.
        """
        if self.memory.source is not Source.SERVICE:
            answer = self._get("snapshot", LARGEST_SNAPSHOT)
            snapshot = parse_snapshot(answer.body, self.environment)
        else:
            query = f"?after={self.memory.floor}&wait={POLL_SECONDS}" if wait else ""
            answer = self._get(f"state{query}", LARGEST_STATE, wait_seconds=POLL_SECONDS if wait else 0)
            if answer.status == NOT_MODIFIED:
                self._confirm()
                return False
            snapshot = self._completed(parse_state(answer.body, self.environment))
        if reason := _problem_of_tag(answer.etag, snapshot.state) or self.memory.problem_of(snapshot):
            raise DocumentError(reason)
        self._etag = answer.etag
        before = self.memory.floor
        self._take_over(snapshot, Source.SERVICE, self.freshness)
        self._confirm()
        self._keep()
        newer = snapshot.state.revision > before
        if newer:
            _log.info("prompts of %s are at revision %d", self.environment, snapshot.state.revision)
        return newer

    def _get(self, what: str, largest: int, *, wait_seconds: float = 0) -> Answer:
        path = f"/v1/environments/{self.environment}/{what}"
        headers = self._headers()
        if self._etag and self.memory.source is Source.SERVICE:
            headers["If-None-Match"] = self._etag
        answer = self.transport.get(path, headers=headers, largest=largest, wait_seconds=wait_seconds)
        if answer.status == NOT_MODIFIED and "If-None-Match" not in headers and not wait_seconds:
            message = "the service says 'not modified' to somebody who has nothing"
            raise FetchError(message)
        return answer

    def _completed(self, state: EnvironmentState) -> Snapshot:
        """Return a state with its releases: those that are known, and new ones from the service."""
        if reason := self.memory.problem_of(Snapshot(state=state, releases={})):
            raise DocumentError(reason)
        known = self.memory.releases
        missing = [(name, ref) for name, ref in served_refs(state) if ref.record not in known]
        if len(missing) > MOST_SINGLE_RELEASES:
            answer = self.transport.get(
                f"/v1/environments/{self.environment}/snapshot", headers=self._headers(), largest=LARGEST_SNAPSHOT
            )
            return parse_snapshot(answer.body, self.environment)
        fetched: dict[str, Release] = {}
        for name, ref in missing:
            path = f"/v1/prompts/{name}/releases/{ref.version}"
            answer = self.transport.get(path, headers=self._headers(), largest=LARGEST_DOCUMENT)
            fetched[ref.record] = release_of(answer.body, name, ref)
        releases: dict[str, Release] = {}
        for name, ref in served_refs(state):
            item = fetched.get(ref.record) or known[ref.record]
            # a release that is known already may not be the one of this prompt: an answer can have them exchanged
            if (item.prompt_id, item.version, item.digest) != (name, ref.version, ref.digest):
                message = f"the state names {item.identifier} as {name}-v{ref.version}"
                raise DocumentError(message)
            releases[ref.record] = item
        return Snapshot(state=state, releases=releases)

    def _headers(self) -> dict[str, str]:
        revision = self.memory.floor if self.memory.source is Source.SERVICE else 0
        return {"Llmops-Client": f"{self._client_id} {revision}"}

    def _take_over(self, snapshot: Snapshot, source: Source, freshness: Freshness) -> None:
        self.memory = self.memory.taking_over(snapshot, source, freshness)
        with self.changed:
            self.changed.notify_all()

    def _confirm(self) -> None:
        """Note that what is here is what the service serves now."""
        self.freshness.confirmed_at = self.clock()
        self.problem, self._failures = "", 0
        if self._kept_at and self.clock() - self._kept_at > KEEP_AGAIN_SECONDS:
            self._keep()

    def _keep(self) -> None:
        """Write the copy on disk; a disk that does not take it is told of and harms nobody."""
        if self.disk is None or self.memory.snapshot is None:
            return
        self._kept_at = self.clock()
        try:
            self.disk.write(self.memory.snapshot, self.freshness.confirmed_at)
        except OSError as error:
            _log.warning("the last known good cannot be kept on disk: %s", error.strerror)

    def _tell(self, problem: str) -> None:
        if problem != self.problem and not self.stopping:
            _log.warning("prompts of %s stay at revision %d: %s", self.environment, self.memory.floor, problem)
        self.problem = problem


def _problem_of_tag(etag: str, state: EnvironmentState) -> str:
    """Return why a state and the entity tag beside it do not belong together, empty when they may.

    A revision that is too high by a flipped bit would make every later one look old. Tags of others say nothing.
    """
    told = _OUR_TAG.match(etag)
    if told is None or (told[1], int(told[2])) == (state.environment, state.revision):
        return ""
    return f"revision {state.revision} came with the entity tag of revision {told[2]}"
