"""Many publishers commit on one revision at once, again and again: one of them wins, and everybody learns it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from release.reliability.clients import clients
from release.reliability.report import Report
from release.reliability.servers import SERVERS

from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import events_back, load_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from release.reliability.servers import Place

PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done."""

    publishers: int = 100
    rounds: int = 100
    processes: int = 4
    targets: tuple[str, ...] = tuple(SERVERS)


FULL = Size()
QUICK = Size(publishers=20, rounds=3, processes=2)


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Race on each target."""
    for name in size.targets:
        place = folder / f"publishers-{name}"
        place.mkdir()
        with SERVERS[name](place) as fresh:
            yield race(name, fresh(), size)


def race(name: str, place: Place, size: Size) -> Report:
    """Let all publishers commit at once, round after round, and look at what each was told and what is there."""
    heads: list[str] = []
    counts: Counter[str] = Counter()
    violations: list[str] = []
    with clients(place, size.publishers, size.processes, "race") as publishers:
        for revision in range(1, size.rounds + 1):
            publishers.say()
            assert publishers.hear() == ["ready"] * size.processes
            publishers.say()
            outcomes = publishers.hear_lists()
            counts.update(_kind(outcome) for outcome in outcomes)
            counts["asked again"] += sum(outcome["again"] for outcome in outcomes)
            heads += [outcome["won"] for outcome in outcomes if "won" in outcome]
            violations += [f"{name}, revision {revision}: {found}" for found in _problems(outcomes, revision)]
    violations += [f"{name}: {found}" for found in _log_problems(place, heads, size.rounds)]
    done = f"{name}: {size.publishers} publishers × {size.rounds} rounds"
    return Report(name="publishers", done=done, counts=counts, violations=tuple(violations))


def _kind(outcome: dict[str, Any]) -> str:
    return next(kind for kind in ("won", "stale", "failed") if kind in outcome)


def _problems(outcomes: Sequence[dict[str, Any]], revision: int) -> Iterator[str]:
    winners = [outcome["won"] for outcome in outcomes if "won" in outcome]
    if len(winners) != 1:
        yield f"{len(winners)} publishers won"
    for outcome in outcomes:
        if "failed" in outcome:
            yield f"a publisher was told neither: {outcome['failed']}"
        elif outcome.get("stale", revision) != revision:
            yield f"a loser was told revision {outcome['stale']}"


def _log_problems(place: Place, heads: Sequence[str], rounds: int) -> Iterator[str]:
    with closing(place.opened()) as target:
        state = load_state(target, PRODUCTION)
        logged = [(event.revision, event.digest()) for event in events_back(target, state)][::-1]
        if state.revision != rounds:
            yield f"revision {state.revision} after {rounds} rounds"
        if logged != list(enumerate(heads, start=1)):
            yield "the log is not what the winners wrote, one after the other"
        yield from verify(target, PRODUCTION).problems
