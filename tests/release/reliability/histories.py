"""Histories of many clients of each target, checked for linearizability by a checker that first proves itself."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from release.reliability.broken_histories import BREAKERS, History
from release.reliability.clients import clients
from release.reliability.linearizability import Commit, Operation, Read, is_linearizable
from release.reliability.report import Report
from release.reliability.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from release.reliability.servers import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done; `broken` is how many histories of each kind are made from each history."""

    operations: int = 10_000
    clients: int = 16
    processes: int = 4
    broken: int = 20
    seed: int = 5
    targets: tuple[str, ...] = tuple(SERVERS)


FULL = Size()
QUICK = Size(operations=400, clients=8, processes=2, broken=5)


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Record a history on each target and check it."""
    for name in size.targets:
        place = folder / f"histories-{name}"
        place.mkdir()
        with SERVERS[name](place) as fresh:
            operations, problems = recorded(fresh(), size)
        yield checked(name, operations, problems, size)


def recorded(place: Place, size: Size) -> tuple[list[Operation], list[str]]:
    """Let clients read and commit at once; return what was asked and answered, and what failed."""
    each = str(size.operations // size.clients)
    with clients(place, size.clients, size.processes, "history", each, str(size.seed)) as found:
        assert found.hear() == ["ready"] * size.processes
        found.say()
        entries = found.hear_lists()
    return [_operation(entry) for entry in entries], [entry["failed"] for entry in entries if "failed" in entry]


def checked(name: str, operations: Sequence[Operation], problems: Sequence[str], size: Size) -> Report:
    """Check a history, and that the checker finds each kind of broken one made from it."""
    violations = [f"{name}: an operation failed: {problem}" for problem in problems]
    if not is_linearizable(operations):
        violations.append(f"{name}: the history is not linearizable")
    missed = [f"{name}: not found: {kind}" for kind in broken(operations, size) if kind]
    counts = Counter(_kind(operation) for operation in operations)
    counts["broken histories found"] = len(BREAKERS) * size.broken - len(missed)
    done = f"{name}: {len(operations):,} operations by {size.clients} clients"
    return Report(name="histories", done=done, counts=counts, violations=(*violations, *missed))


def broken(operations: Sequence[Operation], size: Size) -> Iterator[str]:
    """Break the history in each way, several times; yield the kind of each that passes as whole, else ''."""
    history, lots = History.of(operations), random.Random(size.seed)  # noqa: S311 - to repeat it
    for kind, breaker in BREAKERS.items():
        for _ in range(size.broken):
            yield kind if is_linearizable(breaker(history, lots)) else ""


def _operation(entry: dict[str, Any]) -> Operation:
    called, returned = entry["called"], entry["returned"]
    if "read" in entry:
        revision, head = entry["read"]
        return Read(called=called, returned=returned, value=(revision, head))
    revision, head = entry["expected"]
    return Commit(
        called=called,
        returned=inf if "failed" in entry else returned,
        expected=(revision, head),
        head=entry["new"],
        current=entry.get("stale"),
    )


def _kind(operation: Operation) -> str:
    if isinstance(operation, Read):
        return "reads"
    return "commits made" if operation.current is None else "commits refused"
