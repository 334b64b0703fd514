"""Three days without the service, a damaged copy on disk, a start without any of both: reads are answered all the same.

The service is real and its connections are refused while it is away; the clock is the test's, which adds the pauses
that the client asks for. One client is connected when the outage begins, one starts in it from its copy on disk,
one from the bundle, one from nothing but its own code.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain
from threading import Thread
from typing import TYPE_CHECKING

from release.mutations import mutated
from release.reliability.following import SteppedClient
from release.reliability.report import Report
from release.reliability.servers import free_port
from release.running import running
from release.samples import NAME, publish, release

from llmops_cli.client import Source, code_prompt
from llmops_cli.client.disk import DiskCopy
from llmops_cli.core.snapshot import parse_snapshot, served_refs
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.snapshots import load_snapshot
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llmops_cli.core.snapshot import Snapshot

PRODUCTION = "production"
RECOVERY_SECONDS = 60
READS_A_STEP = 20
WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done: hours without the service, values for each damaged byte, damaged starts of a whole client."""

    hours: int = 72
    outages: int = 5
    values_a_byte: int = 16
    starts: int = 500
    seed: int = 5


FULL = Size()
QUICK = Size(hours=4, outages=1, values_a_byte=1, starts=10)


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Let the service go away and come back, then damage what a client starts from."""
    yield _outages(folder, size)
    snapshot = _snapshot(folder / "damaged.db")
    copy = DiskCopy(folder / "copy.snapshot", PRODUCTION)
    copy.write(snapshot, time.time())

    def from_disk(data: bytes) -> Snapshot | None:
        copy.path.write_bytes(data)
        kept = copy.read()
        return kept.snapshot if kept else None

    whole = copy.path.read_bytes()
    yield _damaged("the copy on disk", whole, size, from_disk, lambda found: found == snapshot)
    # a bundle has no hash of its own: its texts for people may differ, what it serves under a name may not
    yield _damaged(
        "the bundle",
        snapshot.data(),
        size,
        lambda data: parse_snapshot(data, PRODUCTION),
        lambda found: found is not None and _served(found) == _served(snapshot),
    )
    yield _damaged_starts(folder, snapshot, size)


@dataclass(slots=True)
class Clock:
    """The time that the clients see."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


def _outages(folder: Path, size: Size) -> Report:
    counts = {"reads": 0, "attempts": 0, "slowest recovery, s": 0}
    violations: list[str] = []
    for number in range(size.outages):
        place = folder / f"outage-{number}"
        place.mkdir()
        outage = Outage(place, free_port(), Clock())
        violations += outage.run(size.hours)
        counts["reads"] += outage.reads
        counts["attempts"] += outage.attempts
        counts["slowest recovery, s"] = max(counts["slowest recovery, s"], round(outage.slowest_recovery_seconds))
    done = f"{size.outages} × {size.hours} hours, 4 clients: connected, from disk, from the bundle, from code"
    return Report(name="outages", done=done, counts=counts, violations=tuple(violations))


@dataclass(slots=True)
class Outage:
    """One outage, from the last answer before it to the first after it."""

    folder: Path
    port: int
    clock: Clock
    start: float = field(init=False)
    reads: int = 0
    attempts: int = 0
    slowest_recovery_seconds: float = 0.0

    def __post_init__(self) -> None:
        """Note when it begins."""
        self.start = self.clock.now

    def run(self, hours: int) -> Iterator[str]:
        """Serve version 1, go away, and come back with version 2."""
        with ExitStack() as stack:
            bundle = self.folder / "prompts.bundle"
            with closing(SqliteTarget(self.folder / "releases.db")) as store:
                publish(store, release(1))
                bundle.write_bytes(load_snapshot(store, PRODUCTION).data())
            with running(self.folder / "releases.db", port=self.port, heartbeat_seconds=0.2):
                connected = stack.enter_context(self._client("connected"))
                connected.poll_only()
                connected.follower.attempt()
            clients = {
                Source.SERVICE: connected,
                # the copy that the first one keeps is what another process finds
                Source.DISK: stack.enter_context(self._client("connected")),
                Source.BUNDLE: stack.enter_context(self._client("bundled", bundle)),
                Source.CODE: stack.enter_context(self._client("empty")),
            }
            for source, client in clients.items():
                yield from self._away(client, source, self.clock.now + hours * 3600)
                self.clock.now = self.start
            self.clock.now = self.start + hours * 3600
            with closing(SqliteTarget(self.folder / "releases.db")) as store:
                publish(store, release(2))
            with running(self.folder / "releases.db", port=self.port, heartbeat_seconds=0.2):
                for source, client in clients.items():
                    yield from self._back(client, source)

    def _client(self, cache: str, bundle: Path | None = None) -> SteppedClient:
        url = f"http://127.0.0.1:{self.port}"
        return SteppedClient(url, cache_folder=self.folder / cache, bundle=bundle, clock=self.clock)

    def _away(self, client: SteppedClient, source: Source, end: float) -> Iterator[str]:
        default = code_prompt(NAME, ("user", "From the code."), model="local/tiny")
        while self.clock.now < end:
            self.clock.now += client.follower.attempt()
            self.attempts += 1
            found = client.get(NAME, default=default)
            for again in range(READS_A_STEP):
                self.reads += 1
                if (found.source, found.version) != (source, 0 if source is Source.CODE else 1):
                    yield f"{source}: v{found.version} from {found.source} during the outage, read {again}"
                found = client.get(NAME, default=default)
            if source is not Source.CODE and found.age_seconds < self.clock.now - self.start - 2:
                yield f"{source}: an age of {found.age_seconds} s after {self.clock.now - self.start} s"

    def _back(self, client: SteppedClient, source: Source) -> Iterator[str]:
        """Let a client that waits between two attempts find the service again."""
        back, pause = self.clock.now, client.follower._pause()
        self.clock.now += pause
        thread = Thread(target=client.follower.attempt)
        thread.start()
        served = client.wait_for(2, WAIT_SECONDS)
        client.follower.stopping = True
        client.follower.transport.interrupt()
        thread.join(WAIT_SECONDS)
        self.slowest_recovery_seconds = max(self.slowest_recovery_seconds, self.clock.now - back)
        if not served or self.clock.now - back > RECOVERY_SECONDS:
            yield f"{source}: not back after {self.clock.now - back} s: {client.status()}"
            return
        found = client.get(NAME)
        if (found.version, found.source) != (2, Source.SERVICE) or found.age_seconds > RECOVERY_SECONDS:
            yield f"{source}: v{found.version} from {found.source}, {found.age_seconds} s old, after the outage"


def _snapshot(path: Path) -> Snapshot:
    with closing(SqliteTarget(path)) as store:
        publish(store, release(1), release(1, name="other"))
        publish(store, release(2))
        return load_snapshot(store, PRODUCTION)


def _served(snapshot: Snapshot) -> dict[str, str]:
    return {name: snapshot.releases[ref.record].digest for name, ref in served_refs(snapshot.state)}


def _damaged(
    what: str,
    whole: bytes,
    size: Size,
    read: Callable[[bytes], Snapshot | None],
    is_right: Callable[[Snapshot | None], bool],
) -> Report:
    """Change each byte to other values, and cut the file at each length; what is read is right or refused."""
    counts = {"bytes": len(whole), "damaged": 0, "refused": 0, "right all the same": 0}
    violations: list[str] = []
    for data in chain(_variants(whole, size.values_a_byte), (whole[:length] for length in range(len(whole)))):
        counts["damaged"] += 1
        try:
            found = read(data)
        except DocumentError:
            counts["refused"] += 1
            continue
        counts["right all the same"] += 1
        if not is_right(found):
            violations.append(f"{what}: a damaged one was used: {data!r}")
    done = f"{what}: {size.values_a_byte} other values of each byte, and each length"
    return Report(name="damaged files", done=done, counts=counts, violations=tuple(violations))


def _variants(whole: bytes, values: int) -> Iterator[bytes]:
    """Change each byte to so many other values, from one flipped bit to all of them."""
    flips = [1 + number * 254 // max(values - 1, 1) for number in range(values)]
    for at, old in enumerate(whole):
        for flip in flips:
            yield whole[:at] + bytes([old ^ flip]) + whole[at + 1 :]


def _damaged_starts(folder: Path, snapshot: Snapshot, size: Size) -> Report:
    """Start whole clients without the service from a damaged copy, and from a damaged bundle as well at times."""
    lots = random.Random(size.seed)  # noqa: S311 - to repeat it
    url, bundle = f"http://127.0.0.1:{free_port()}", folder / "damaged.bundle"
    copy = DiskCopy.of(folder / "starts", url, PRODUCTION)
    default = code_prompt(NAME, ("user", "From the code."), model="local/tiny")
    counts = {"starts": 0} | {f"from {source.value}": 0 for source in (Source.DISK, Source.BUNDLE, Source.CODE)}
    violations: list[str] = []
    for _ in range(size.starts):
        copy.write(snapshot, time.time())
        bundle.write_bytes(snapshot.data())
        for path in (copy.path, bundle)[: lots.randrange(3)]:
            path.write_bytes(mutated(path.read_bytes(), lots))
        with SteppedClient(url, cache_folder=folder / "starts", bundle=bundle, clock=time.time) as client:
            client.follower.attempt()
            found = client.get(NAME, default=default)
            client.follower.transport.close()
        counts["starts"] += 1
        counts[f"from {found.source.value}"] += 1
        if found.source is not Source.CODE and found.digest != _served(snapshot)[NAME]:
            violations.append(f"v{found.version} with the digest {found.digest} from {found.source}")
    return Report(
        name="damaged starts",
        done="without the service; copy whole or damaged, bundle whole or damaged",
        counts=counts,
        violations=tuple(violations),
    )
