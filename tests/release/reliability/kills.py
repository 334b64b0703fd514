"""Processes are killed at random moments while others publish and roll back; after each kill the log verifies.

Killed are publishers on SQLite and on a folder, and the config service under publishers that go on. Whatever was
acknowledged before a kill is in the log after it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from release.reliability.report import Report
from release.reliability.servers import Place, environment, free_port, serving
from release.running import make_token

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import events_back, load_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRODUCTION = "production"
PROGRAM = Path(__file__).parents[1] / "publishing_process.py"
LONGEST_LIFE_SECONDS = 0.3
FIRST_STEP_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done: kills on each target; after so many the log begins anew, since each kill reads all of it."""

    kills: int = 400
    kills_of_the_service: int = 200
    kills_a_log: int = 50
    publishers: int = 3
    seed: int = 5


FULL = Size()
QUICK = Size(kills=8, kills_of_the_service=3)


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Kill publishers of each target, then the service."""
    for kind, name in (("sqlite", "releases.db"), ("file", "releases")):
        tally = Tally(lots=random.Random(size.seed), left=size.kills)  # noqa: S311 - to repeat it
        for place in _places(folder / f"kills-{kind}", tally):
            _kill_publishers(place, f"{kind}://{place}/{name}", size, tally)
        yield _report(f"{kind}: one of {size.publishers} publishers", tally)
    tally = Tally(lots=random.Random(size.seed), left=size.kills_of_the_service)  # noqa: S311 - as above
    for place in _places(folder / "kills-http", tally):
        _kill_the_service(place, size, tally)
    yield _report(f"http: the service under {size.publishers} publishers", tally)


def _places(folder: Path, tally: Tally) -> Iterator[Path]:
    """Give one empty folder after the other, until no kill is left."""
    for number in count():
        if not tally.left:
            return
        place = folder / str(number)
        place.mkdir(parents=True)
        yield place


def _report(name: str, tally: Tally) -> Report:
    done = f"{name} killed {tally.counts['kills']:,} times, the log verified each time"
    return Report(name="kills", done=done, counts=tally.counts, violations=tuple(tally.violations))


@dataclass(slots=True, kw_only=True)
class Tally:
    """What is left to do and what was found."""

    lots: random.Random
    left: int
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def note(self, place: Place, load: Load, what: str) -> None:
        """Count a kill and look at what it left."""
        self.left -= 1
        self.counts["kills"] += 1
        acknowledged = load.acknowledged()
        try:
            with closing(place.opened()) as target:
                problems = list(verify(target, PRODUCTION).problems)
                state = load_state(target, PRODUCTION)
                logged = {event.revision: event.digest() for event in events_back(target, state)}
        except LlmopsError as error:
            problems, logged = [str(error)], {}
        problems += [
            f"the acknowledged revision {revision} is not in the log"
            for revision, head in acknowledged
            if logged.get(revision) != head
        ]
        self.violations += [f"{what}, kill {self.counts['kills']}: {problem}" for problem in problems]

    def finish(self, place: Place, load: Load) -> None:
        """Count what a log came to."""
        acknowledged = load.acknowledged()
        self.counts["acknowledged"] += len(acknowledged)
        if len(acknowledged) != len(set(acknowledged)):
            self.violations.append("a revision was acknowledged twice")
        with closing(place.opened()) as target:
            self.counts["revisions"] += load_state(target, PRODUCTION).revision


@dataclass(slots=True)
class Load:
    """Processes that publish, each with a file of what it was acknowledged."""

    folder: Path
    uri: str
    environ: dict[str, str]
    numbers: Iterator[int] = field(default_factory=count)
    running: list[tuple[subprocess.Popen[bytes], Path]] = field(default_factory=list)

    def start(self) -> None:
        number = next(self.numbers)
        path = self.folder / f"acknowledged-{number}"
        with path.open("wb") as stream:
            command = [sys.executable, str(PROGRAM), self.uri, str(number)]
            child = subprocess.Popen(command, stdout=stream, stderr=subprocess.DEVNULL, env=self.environ)
        self.running.append((child, path))

    def kill_one(self, lots: random.Random) -> None:
        """Kill one of those that publish already."""
        busy = [position for position, (_, path) in enumerate(self.running) if path.stat().st_size]
        child, _ = self.running.pop(lots.choice(busy))
        child.kill()
        child.wait()

    def wait_until_one_is_busy(self) -> None:
        end = time.monotonic() + FIRST_STEP_SECONDS
        while not any(path.stat().st_size for _, path in self.running):
            assert time.monotonic() < end, "nobody publishes"
            time.sleep(0.01)

    def goes_on(self) -> bool:
        """Wait for one more acknowledgement; tell whether there was one."""
        before, end = len(self.acknowledged()), time.monotonic() + FIRST_STEP_SECONDS
        while len(self.acknowledged()) == before:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def acknowledged(self) -> Sequence[tuple[int, str]]:
        """Return revision and digest of each step that a publisher was told of."""
        found: list[tuple[int, str]] = []
        for path in self.folder.glob("acknowledged-*"):
            # what was killed while it wrote has no end of line
            for line in path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    revision, _, head = line.strip().partition(" ")
                    found.append((int(revision), head))
        return found


@contextmanager
def _load(folder: Path, place: Place, publishers: int) -> Iterator[Load]:
    load = Load(folder, place.uri, environment(place))
    try:
        for _ in range(publishers):
            load.start()
        load.wait_until_one_is_busy()
        yield load
    finally:
        for child, _ in load.running:
            child.kill()
            child.wait()


def _kill_publishers(folder: Path, uri: str, size: Size, tally: Tally) -> None:
    place = Place(uri=uri)
    with _load(folder, place, size.publishers) as load:
        for _ in range(min(size.kills_a_log, tally.left)):
            time.sleep(tally.lots.random() * LONGEST_LIFE_SECONDS)
            load.wait_until_one_is_busy()
            load.kill_one(tally.lots)
            load.start()
            tally.note(place, load, uri.partition(":")[0])
    tally.finish(place, load)


def _kill_the_service(folder: Path, size: Size, tally: Tally) -> None:
    tokens, store, port = folder / "tokens.json", folder / "releases.db", free_port()
    secret = make_token(tokens, "admin:*")
    stored = Place(uri=f"sqlite://{store}")
    place = Place(uri=f"http://127.0.0.1:{port}", environ={"LLMOPS_TOKEN": secret})
    with ExitStack() as stack:
        service = stack.enter_context(serving(store, tokens, port))
        load = stack.enter_context(_load(folder, place, size.publishers))
        for _ in range(min(size.kills_a_log, tally.left)):
            # publishers go on by themselves when it is back
            if not load.goes_on():
                tally.violations.append("http: nothing could be published after a kill of the service")
            time.sleep(tally.lots.random() * LONGEST_LIFE_SECONDS)
            service.kill()
            service.wait()
            tally.note(stored, load, "http")
            service = stack.enter_context(serving(store, tokens, port))
    tally.finish(stored, load)
