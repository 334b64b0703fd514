"""Readers of a service during publishes and rollbacks: each read is whole, was published, and is never older.

Clients with several reading threads and plain HTTP readers, in processes of their own, against `llmops serve` in
another. What they saw is compared with the log afterwards: each revision served of each prompt what the log says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release.reading_process import NAMES
from release.reliability.report import Report
from release.reliability.servers import Place, environment, free_port, serving
from release.running import make_token
from release.samples import StillClock, intent, publish, release

from llmops_cli.release.apply import apply
from llmops_cli.release.reading import events_back, load_state
from llmops_cli.release.rollback import plan_rollback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.release_target import Target

PRODUCTION = "production"
PROGRAM = Path(__file__).parents[1] / "reading_process.py"
END_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done. `reads` is for all readers together, at least; every tenth publish is rolled back."""

    publishes: int = 1000
    reads: int = 1_000_000
    clients: int = 2
    threads: int = 2


FULL = Size()
QUICK = Size(publishes=30, reads=20_000, clients=1)
A_ROLLBACK_EVERY = 10


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Publish and roll back under readers."""
    tokens, store, port = folder / "tokens.json", folder / "read.db", free_port()
    place = Place(uri=f"http://127.0.0.1:{port}", environ={"LLMOPS_TOKEN": make_token(tokens, "admin:*")})
    with serving(store, tokens, port), closing(place.opened()) as target:
        publish(target, *(release(1, name=name) for name in NAMES))
        with ExitStack() as stack:
            readers = [stack.enter_context(_reader(place, kind, size.threads)) for kind in _kinds(size)]
            assert [_line(reader) for reader in readers] == ["ready"] * len(readers)
            rollbacks = _change(target, size.publishes)
            last = load_state(target, PRODUCTION).revision
            for reader in readers:
                assert reader.stdin is not None
                reader.stdin.write(json.dumps([last, _reads_of(reader, size)]) + "\n")
                reader.stdin.flush()
            found = [told for reader in readers for told in json.loads(_line(reader))]
        served = _served(target)
    yield _report(found, served, f"{size.publishes:,} publishes, {rollbacks} rollbacks", last)


def _kinds(size: Size) -> list[str]:
    return ["client"] * size.clients + ["http"]


def _reads_of(reader: subprocess.Popen[str], size: Size) -> int:
    """Return how many reads each thread makes at least: clients make the million, HTTP readers what they manage."""
    assert isinstance(reader.args, list)
    return size.reads // (size.clients * size.threads) if "client" in reader.args else 0


def _change(target: Target, publishes: int) -> int:
    """Publish both prompts together again and again, and roll one back now and then; return how often."""
    rollbacks = 0
    for version in range(2, publishes + 2):
        publish(target, *(release(version, name=name) for name in NAMES))
        if version % A_ROLLBACK_EVERY == 0:
            name = NAMES[rollbacks % len(NAMES)]
            apply(plan_rollback(load_state(target, PRODUCTION), name, target, intent("bad")), target, StillClock())
            rollbacks += 1
    return rollbacks


def _served(target: Target) -> Mapping[int, Mapping[str, tuple[int, str]]]:
    """Return what each revision served of each prompt, from the log."""
    served: dict[int, dict[str, tuple[int, str]]] = {0: {}}
    for event in reversed(list(events_back(target, load_state(target, PRODUCTION)))):
        now = dict(served[event.revision - 1])
        for change in event.changes:
            assert change.after is not None
            now[change.prompt_id] = (change.after.version, change.after.digest)
        served[event.revision] = now
    return served


def _report(
    found: list[dict[str, Any]], served: Mapping[int, Mapping[str, tuple[int, str]]], what: str, last: int
) -> Report:
    violations = [violation for reader in found for violation in reader["violations"]]
    revisions: set[int] = set()
    for reader in found:
        for name, revision, version, digest in reader["seen"]:
            revisions.add(revision)
            if served.get(revision, {}).get(name) != (version, digest):
                violations.append(f"{name} at revision {revision}: v{version} was read, which it never served")
    counts = {
        "reads": sum(reader["reads"] for reader in found),
        "readers": len(found),
        "revisions": last,
        "revisions seen by some reader": len(revisions),
    }
    return Report(name="readers", done=what, counts=counts, violations=tuple(violations))


def _reader(place: Place, kind: str, threads: int) -> _Process:
    command = [sys.executable, str(PROGRAM), place.uri, kind, str(threads)]
    pipe = subprocess.PIPE
    return _Process(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment(place)))


@dataclass(frozen=True, slots=True)
class _Process:
    """A process that is ended with its block, whatever happens in it."""

    process: subprocess.Popen[str]

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate(timeout=END_SECONDS)
        finally:
            self.process.kill()
            self.process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"a reader ended with {process.wait()}"
    return line.strip()
