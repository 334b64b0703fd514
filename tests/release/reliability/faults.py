"""A process is killed, or its disk fails, at each system call that writes; and so is the next one, that recovers.

Faults: SIGKILL; EIO and ENOSPC, once and from there on for ever. What is left has to be the old state or the new
one, the new one if it was acknowledged, with a log that verifies, and the same change has to get through then.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from release.changing_process import changed
from release.reliability.report import Report
from release.reliability.tracing import Traced, Tracers, tracers
from release.samples import NAME, publish, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.event_log import verify
from llmops_cli.release.flagd_file import flagd_file
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_release, load_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target

PRODUCTION = "production"
TARGETS = ("sqlite:releases.db", "file:releases")
CHANGES = ("publish", "rollback")
ONCE = ("signal=KILL:when={}", "error=EIO:when={}", "error=ENOSPC:when={}")
FOR_EVER = ("error=EIO:when={}+", "error=ENOSPC:when={}+")
FAULTS = (*ONCE, *FOR_EVER)
KILL = FAULTS[0]
_TEMPORARY = re.compile(r"\.\d+\.[0-9a-f]{8}\.new$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done: each `every`-th call, and for recoveries each `every_recovery`-th of each image's calls."""

    every: int = 1
    every_recovery: int = 1
    recovery_faults: tuple[str, ...] = FAULTS
    workers: int = 2


FULL = Size()
QUICK = Size(every_recovery=24, recovery_faults=FAULTS[:2])


@dataclass(frozen=True, slots=True)
class Case:
    """One target and one change of it."""

    uri: str
    change: str

    def opened(self, folder: Path) -> AbstractContextManager[Target]:
        return closing(open_target(self.uri, Surroundings(folder=folder, environ={})))


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Break each change of each target, and then its recovery."""
    with tracers(size.workers) as traced:
        for uri, change in product(TARGETS, CHANGES):
            case = Case(uri, change)
            place = folder / f"{uri.partition(':')[0]}-{change}"
            original = place / "original"
            original.mkdir(parents=True)
            with case.opened(original) as target:
                publish(target, release(1))
                publish(target, release(2))
            yield from Campaign(case, place, size, traced).reports()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One change with one fault, starting from a folder as it was left."""

    original: Path
    injection: str
    after: str = "nothing"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an attempt."""

    outcome: str
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """All faults of one case, in a folder."""

    case: Case
    place: Path
    size: Size
    tracers: Tracers

    def reports(self) -> Iterator[Report]:
        """Break the change, then what comes after each different crash."""
        size, original = self.size, self.place / "original"
        name = f"{self.case.uri.partition(':')[0]}, {self.case.change}"
        points = self._points(original)[:: size.every]
        attempts = [Attempt(original, injection) for injection in _injections(points, FAULTS)]
        yield _report("faults", f"{name}: {len(points)} calls, {len(FAULTS)} faults at each", self._all(attempts))
        images = self._crash_images(original, points)
        recoveries = [
            Attempt(image, injection, what)
            for what, image in images.items()
            for injection in _injections(self._points(image)[:: size.every_recovery], size.recovery_faults)
        ]
        done = f"{name}: {len(images)} different crashes, {len(size.recovery_faults)} faults at each call after it"
        yield _report("faults in recovery", done, self._all(recoveries))

    def _run(self, folder: Path, *options: str) -> Traced:
        return self.tracers.run(folder, self.case.uri, self.case.change, *options)

    def _points(self, original: Path) -> list[tuple[str, int]]:
        """Return each call that writes in an untouched run, by name and number."""
        folder = Path(shutil.copytree(original, self.place / "untouched"))
        counts = Counter(self._run(folder).calls)
        shutil.rmtree(folder)
        return [(name, number) for name, count in counts.items() for number in range(1, count + 1)]

    def _crash_images(self, original: Path, points: Sequence[tuple[str, int]]) -> dict[str, Path]:
        """Return a folder for each different thing that a killed process leaves."""
        found: dict[str, Path] = {}
        known: set[str] = set()
        for number, injection in enumerate(_injections(points, [KILL])):
            folder = Path(shutil.copytree(original, self.place / f"image-{number}"))
            self._run(folder, "-e", injection)
            digest = _digest(folder)
            if digest in known:
                shutil.rmtree(folder)
                continue
            known.add(digest)
            found[injection] = folder
        return found

    def _all(self, attempts: Sequence[Attempt]) -> list[Result]:
        with ThreadPoolExecutor(self.size.workers) as pool:
            return list(pool.map(self._attempted, range(len(attempts)), attempts))

    def _attempted(self, number: int, attempt: Attempt) -> Result:
        folder = Path(shutil.copytree(attempt.original, self.place / f"try-{number}"))
        try:
            done = self._run(folder, "-e", attempt.injection)
            what = f"{self.case.uri} {self.case.change}, after {attempt.after}, {attempt.injection}"
            problems = _problems(self.case, folder, acknowledged=done.acknowledged)
            violations = tuple(f"{what}: {found}" for found in problems)
            outcome = "acknowledged" if done.acknowledged else "not acknowledged"
            return Result(outcome if done.reached else "not reached", violations)
        finally:
            shutil.rmtree(folder)


def _injections(points: Sequence[tuple[str, int]], faults: Sequence[str]) -> Iterator[str]:
    for (name, number), fault in product(points, faults):
        yield f"inject={name}:{fault.format(number)}"


def _digest(folder: Path) -> str:
    """Return a digest of what the next process finds; what differs by chance alone is left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        # the next process makes shared memory anew
        if path.is_file() and not path.name.endswith("-shm"):
            data = path.read_bytes()
            if path.name.endswith("-wal"):
                # salts and checksums are random; without a torn write the length says how far it came
                data = b"%d" % len(data)
            digest.update(_TEMPORARY.sub(".new", path.relative_to(folder).as_posix()).encode() + b"\0" + data)
    return digest.hexdigest()


def _problems(case: Case, folder: Path, *, acknowledged: bool) -> Iterator[str]:
    try:
        with case.opened(folder) as target:
            yield from _problems_of(case, target, folder, acknowledged=acknowledged)
    except LlmopsError as error:
        yield f"cannot be used any more: {error}"


def _problems_of(case: Case, target: Target, folder: Path, *, acknowledged: bool) -> Iterator[str]:
    state = load_state(target, PRODUCTION)
    new = 3 if case.change == "publish" else 1
    stable = state.prompts[NAME].stable
    wanted = {2: release(2).ref(), 3: release(new).ref()}
    if wanted.get(state.revision) != stable:
        yield f"torn: revision {state.revision} serves {stable}"
    if acknowledged and state.revision != 3:
        yield f"acknowledged, and revision {state.revision} is there"
    yield from verify(target, PRODUCTION).problems
    yield from _flagd_problems(target, state, folder)
    if state.revision == 2:
        changed(target, case.change)
        state = load_state(target, PRODUCTION)
    if state.revision != 3 or state.prompts[NAME].stable != wanted[3]:
        yield f"the same change does not get through afterwards: revision {state.revision}"
    yield from (f"afterwards: {found}" for found in verify(target, PRODUCTION).problems)


def _flagd_problems(target: Target, state: EnvironmentState, folder: Path) -> Iterator[str]:
    """A folder keeps the same as a flagd configuration beside it, which a reader brings up to the state."""
    path = folder / "releases" / "environments" / PRODUCTION / "flagd.json"
    if path.exists() and path.read_bytes() != flagd_file(state, partial(load_release, target)):
        yield "flagd.json is not what the state says"


def _report(name: str, done: str, results: Sequence[Result]) -> Report:
    outcomes = Counter(result.outcome for result in results)
    violations = tuple(found for result in results for found in result.violations)
    missed = outcomes.get("not reached", 0)
    if missed:
        violations += (f"{done}: {missed} faults were never reached",)
    return Report(name=name, done=done, counts={"runs": len(results), **outcomes}, violations=violations)
