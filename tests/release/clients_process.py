"""Clients of a target, each a thread with a connection of its own, in one of several processes of a test.

`clients_process.py URI FIRST COUNT race` reads lines from standard input. For each, all clients prepare a step on
the current state; `ready` is printed, and after the next line all commit theirs at once; the outcomes are printed.

`clients_process.py URI FIRST COUNT history OPERATIONS SEED` lets each client read and commit so many times, and
prints what was asked and answered when.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from release.samples import NAME, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_target import StaleRevisionError, UnknownOutcomeError
from llmops_cli.release.apply import event_of, write_of
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.plan import Intent, Plan
from llmops_cli.release.reading import load_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_target import Target, Write

ENVIRONMENT = "production"
MOST_ATTEMPTS = 20
AT = "2026-11-23T03:00:00.000Z"


def main() -> int:
    uri, first, count, what, *rest = sys.argv[1:]
    numbers = range(int(first), int(first) + int(count))
    surroundings = Surroundings(folder=Path.cwd(), environ=os.environ)
    with ExitStack() as stack:
        targets = [stack.enter_context(closing(open_target(uri, surroundings))) for _ in numbers]
        if what == "race":
            _races(targets, numbers)
        else:
            _histories(targets, numbers, operations=int(rest[0]), seed=int(rest[1]))
    return 0


def step(state: EnvironmentState, version: int) -> Write:
    """Return the step that publishes a version on a state."""
    item = release(version)
    known = state.prompts.get(NAME)
    plan = Plan(
        environment=ENVIRONMENT,
        revision=state.revision,
        kind=EventKind.PUBLISH,
        intent=Intent(by="Ada", key=f"key-{version}"),
        changes=(Change(prompt_id=NAME, before=known.stable if known else None, after=item.ref()),),
        releases=(item,),
        sentences=("publish",),
    )
    return write_of(state, event_of(plan, state, at=AT), plan.releases)


def _races(targets: Sequence[Target], numbers: range) -> None:
    barrier = Barrier(len(targets))
    with ThreadPoolExecutor(len(targets)) as pool:
        for turn, _ in enumerate(sys.stdin, start=1):
            state = load_state(targets[0], ENVIRONMENT)
            writes = [step(state, turn * 1000 + number) for number in numbers]
            _say("ready")
            if not sys.stdin.readline():
                return
            _say(list(pool.map(partial(_raced, barrier), targets, writes)))


def _raced(barrier: Barrier, target: Target, write: Write) -> dict[str, Any]:
    barrier.wait(60)
    return _committed(target, write)


def _committed(target: Target, write: Write) -> dict[str, Any]:
    """Commit as `apply` does: a lost answer is asked for again."""
    last: Exception | None = None
    for again in range(MOST_ATTEMPTS):
        try:
            target.commit(write)
        except StaleRevisionError as error:
            return {"stale": error.current, "again": again}
        except UnknownOutcomeError as error:
            last = error
        except LlmopsError as error:
            return {"failed": str(error), "again": again}
        else:
            return {"won": write.head, "again": again}
    return {"failed": f"no answer: {last}", "again": MOST_ATTEMPTS}


def _histories(targets: Sequence[Target], numbers: range, *, operations: int, seed: int) -> None:
    barrier = Barrier(len(targets))
    with ThreadPoolExecutor(len(targets)) as pool:
        _say("ready")
        sys.stdin.readline()
        work = partial(_history, barrier, operations, seed)
        _say([operation for found in pool.map(work, targets, numbers) for operation in found])


def _history(barrier: Barrier, operations: int, seed: int, target: Target, client: int) -> list[dict[str, Any]]:
    lots = random.Random(f"{seed}-{client}")  # noqa: S311 - to repeat it
    done: list[dict[str, Any]] = []
    state = load_state(target, ENVIRONMENT)
    barrier.wait(60)
    while len(done) < operations:
        if lots.random() < 0.5:
            called = time.monotonic_ns()
            state = load_state(target, ENVIRONMENT)
            answer: dict[str, Any] = {"read": [state.revision, state.head]}
            expected, new = [0, ""], ""
        else:
            write = step(state, client * 1_000_000 + len(done) + 1)
            expected, new = [state.revision, state.head], write.head
            called = time.monotonic_ns()
            answer = _committed(target, write)
        returned = time.monotonic_ns()
        asked = {"client": client, "called": called, "returned": returned, "expected": expected, "new": new}
        done.append({**asked, **answer})
    return done


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
