"""Runs every bad input through the command line, each in a process of its own; one JSON object a line on stdout.

Run: python tests/bad_inputs/measure.py [ID …]. The commands are loaded once, and each input gets a fork: what is
measured is the input and not the start of Python. A fork that does not end by itself is killed by the operating system
after `HANG_SECONDS` of processor time, and by an alarm when it waits for something; its line says so (`code` < 0).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bad_inputs.generate import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bad_inputs.generate import BadInput

HANG_SECONDS = 60
WAIT_SECONDS = 240


class Measured(NamedTuple):
    """How one command ended on one input; `code` is the exit code, or less than zero for the signal that ended it."""

    id: str
    command: str
    code: int
    cpu_seconds: float
    megabytes: float


def commands_of(bad: BadInput) -> Iterator[tuple[str, ...]]:
    """Yield the command lines that read such an input: a suite or a template can also be slow in an evaluation."""
    yield ("validate",)
    if bad.group in "DE":
        yield ("eval", "demo")


def measure(bad: BadInput, command: tuple[str, ...]) -> Measured:
    """Run one command in a fork, in a folder with nothing but the input."""
    with tempfile.TemporaryDirectory() as folder:
        bad.write_to(Path(folder))
        sys.stdout.flush()  # a fork would write it again
        child = os.fork()
        if child == 0:
            os._exit(_run(folder, command))
        _, status, used = os.wait4(child, 0)
    return Measured(
        bad.id,
        " ".join(command),
        os.waitstatus_to_exitcode(status),
        round(used.ru_utime + used.ru_stime, 3),
        round(used.ru_maxrss / 1024, 1),
    )


def _run(folder: str, command: tuple[str, ...]) -> int:
    from llmops_cli.cli import main  # noqa: PLC0415 - loaded before the fork

    resource.setrlimit(resource.RLIMIT_CPU, (HANG_SECONDS, HANG_SECONDS + 1))
    signal.alarm(WAIT_SECONDS)
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return main(command)
    except BaseException:  # noqa: BLE001 - a traceback must not run on in the parent's code
        traceback.print_exc()
        return 70


def warm_up() -> None:
    """Load what the commands use, on a valid suite that nothing is wrong with."""
    from llmops_cli.cli import main as llmops  # noqa: PLC0415 - not before the corpus is there

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        next(bad for bad in cases() if bad.id == "E01").write_to(Path(folder))
        os.chdir(folder)
        for command in (["validate"], ["eval", "demo"]):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                llmops(command)
        os.chdir(before)


def main() -> None:
    """Measure the inputs that are named, or all."""
    wanted = set(sys.argv[1:])
    warm_up()
    for bad in cases():
        for command in commands_of(bad) if not wanted or bad.id in wanted else ():
            sys.stdout.write(json.dumps(measure(bad, command)._asdict()) + "\n")


if __name__ == "__main__":
    main()
