"""The client is fed answers that are wrong in every way, over a real socket: it neither crashes nor serves them.

The truth moves from revision 2 to revision 3 while the answers are hostile. A client may learn that or not; what it
serves is always what was published under that name, and its revision never goes back. Once the answers are good
again, it serves revision 4 at its next attempt.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from release.reliability.following import SteppedClient
from release.reliability.hostile_server import WAYS, Good, HostileServer, hostile_server
from release.reliability.report import Report
from release.samples import NAME, StillClock, intent, publish, release

from llmops_cli.client import PromptUnavailableError
from llmops_cli.release.apply import apply
from llmops_cli.release.canary_plans import plan_start
from llmops_cli.release.reading import load_state
from llmops_cli.release.snapshots import load_snapshot
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmops_cli.client.served import ServedPrompt
    from llmops_cli.core.snapshot import Snapshot

PRODUCTION = "production"
NAMES = (NAME, "other", "third")
KEYS = ("", "user-1", "user-2", "user-3")
HOSTILE = 0.85
ATTEMPTS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many wrong answers are given."""

    answers: int = 100_000
    seed: int = 7


FULL = Size()
QUICK = Size(answers=1500)


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Feed wrong answers to one client after the other."""
    feed = Feed(*_truth(folder / "hostile.db"), random.Random(size.seed))  # noqa: S311 - to repeat it
    violations: list[str] = []
    with hostile_server(feed.answer) as server:
        while feed.counts.total() < size.answers and not server.defects:
            violations += _one_client(server, feed)
    done = f"{feed.counts.total():,} wrong answers of {len(WAYS)} kinds to {feed.clients:,} clients"
    counts = {**feed.counts, "reads": feed.reads}
    yield Report(name="hostile answers", done=done, counts=counts, violations=tuple(violations))


@dataclass(slots=True)
class Feed:
    """What the server answers: the truth, revision 2 to 4, or mostly wrong answers made from it."""

    truths: tuple[Snapshot, ...]
    others: tuple[bytes, ...]
    lots: random.Random
    hostile: bool = False
    revision: int = 2
    clients: int = 0
    reads: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    published: Mapping[tuple[str, int], str] = field(init=False)

    def __post_init__(self) -> None:
        """Note what was ever published under which name and version."""
        items = [item for snapshot in self.truths for item in snapshot.releases.values()]
        self.published = {(item.prompt_id, item.version): item.digest for item in items}

    def answer(self, path: str) -> bytes:
        """Return the bytes that answer a request."""
        good = self._good(path)
        if not self.hostile or self.lots.random() > HOSTILE:
            return good.whole()
        kind = self.lots.choice(list(WAYS))
        self.counts[kind] += 1
        return WAYS[kind](good, self.lots)

    def _good(self, path: str) -> Good:
        snapshot = self.truths[self.revision - 2]
        what = path.partition("?")[0].rpartition("/")[2]
        if what in ("state", "snapshot"):
            body = snapshot.data() if what == "snapshot" else snapshot.state.data()
            return Good(body=body, etag=snapshot.state.etag(), others=self.others)
        if what == "events":
            told = json.dumps({"revision": snapshot.state.revision}).encode()
            return Good(body=b"data: %s\n\n" % told, etag="", others=self.others, kind=b"text/event-stream")
        item = self._release(path)
        return Good(body=item, etag='"record"', others=self.others)

    def _release(self, path: str) -> bytes:
        _, _, _, name, _, version = path.split("/")
        items = (item for snapshot in self.truths for item in snapshot.releases.values())
        return next((i.data() for i in items if (i.prompt_id, str(i.version)) == (name, version)), b"{}")


def _one_client(server: HostileServer, feed: Feed) -> Iterator[str]:
    feed.hostile, feed.revision = False, 2
    with SteppedClient(server.url, use_disk=False) as client:
        feed.clients += 1
        if feed.lots.random() < 0.5:
            client.poll_only()
        if feed.lots.random() < 0.8:
            # most have the good revision 2 before it begins
            client.follower.attempt()
        feed.hostile, feed.revision = True, 3
        last: dict[str, ServedPrompt] = {}
        for _ in range(ATTEMPTS):
            client.follower.attempt()
            yield from _wrong_reads(client, feed, last)
        feed.hostile, feed.revision = False, 4
        client.follower.attempt()
        served = client.get(NAME)
        if (served.version, served.revision) != (4, 4):
            yield f"the good answer was not taken over: {client.status()}"
        client.follower.transport.close()


def _wrong_reads(client: SteppedClient, feed: Feed, last: dict[str, ServedPrompt]) -> Iterator[str]:
    """Read each prompt under several keys; `last` are those read before."""
    if client.follower.problem.endswith("in the client"):
        yield f"a defect: {client.follower.problem}"
    known = client.follower.memory
    extra = {*known.plain, *known.splits, *known.disabled} - set(NAMES)
    if extra:
        yield f"prompts that nobody published: {sorted(extra)}"
    for name in NAMES:
        for key in KEYS:
            try:
                found = client.get(name, targeting_key=key)
            except PromptUnavailableError:
                if name in last:
                    yield f"{name} is gone"
                continue
            feed.reads += 1
            yield from _wrong(found, feed, name)
            if name in last and found.revision < last[name].revision:
                yield f"{name}: revision {found.revision} after {last[name].revision}"
            last[name] = found


def _wrong(found: ServedPrompt, feed: Feed, name: str) -> Iterator[str]:
    if feed.published.get((name, found.version)) != found.digest or found.prompt.digest() != found.digest:
        yield f"{name}: v{found.version} with the digest {found.digest} was never published"
    if found.id != name or found.prompt.id != name:
        yield f"{name}: the prompt of '{found.prompt.id}'"
    if found.environment != PRODUCTION:
        yield f"{name}: of the environment '{found.environment}'"


def _truth(path: Path) -> tuple[tuple[Snapshot, ...], tuple[bytes, ...]]:
    """Return revisions 2 to 4, and documents that would be right elsewhere: older, or of another environment."""
    store = SqliteTarget(path)
    publish(store, *(release(1, name=name) for name in NAMES))
    oldest = load_snapshot(store, PRODUCTION)
    canary = plan_start(load_state(store, PRODUCTION), release(2, name="third"), 50, intent())
    apply(canary, store, StillClock())
    truths = [load_snapshot(store, PRODUCTION)]
    for items in ((release(3), release(2, name="other")), (release(4),)):
        publish(store, *items)
        truths.append(load_snapshot(store, PRODUCTION))
    publish(store, *(release(5, name=name) for name in NAMES), environment="staging")
    staging = load_snapshot(store, "staging")
    store.close()
    documents = [document for found in (oldest, staging) for document in (found.data(), found.state.data())]
    return tuple(truths), (*documents, next(iter(staging.releases.values())).data())
