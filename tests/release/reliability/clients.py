"""Many clients of one target at once: threads with a connection each, spread over several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release.reliability.servers import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from release.reliability.servers import Place

PROGRAM = Path(__file__).parents[1] / "clients_process.py"
END_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Clients:
    """The processes; what is said to one is said to all, and all of them answer."""

    processes: Sequence[subprocess.Popen[str]]

    def say(self) -> None:
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

    def hear(self) -> list[Any]:
        """Return what each process says next."""
        return [json.loads(_line(process)) for process in self.processes]

    def hear_lists(self) -> list[Any]:
        """Return the elements of the lists that the processes say next."""
        return [element for found in self.hear() for element in found]


@contextmanager
def clients(place: Place, count: int, processes: int, *what: str) -> Iterator[Clients]:
    """Start so many clients in so many processes."""
    each = count // processes
    assert each * processes == count, "the clients cannot be divided evenly"
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), place.uri, str(first), str(each), *what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(place),
        )
        for first in range(0, count, each)
    ]
    try:
        yield Clients(started)
        for process in started:
            process.communicate(timeout=END_SECONDS)
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"a client process ended with {process.wait()}"
    return line
