"""The line that says how far a run is, and how long it will still take."""

from __future__ import annotations

import io
from functools import partial

import pytest

from llmops_cli.commands._console import Console
from llmops_cli.commands._progress import LOG_EVERY_SECONDS, ProgressLine


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def line(clock: Clock, log: io.StringIO) -> ProgressLine:
    return ProgressLine(Console(stdout=io.StringIO(), stderr=log, environ={}), clock)


def test_a_log_gets_a_line_every_half_minute(line: ProgressLine, clock: Clock, log: io.StringIO) -> None:
    for second in range(91):
        clock.now = float(second)
        line.show(second, 100, partial("{} of 100".format, second))
    assert log.getvalue().splitlines() == [
        "30 of 100, about 1 min 10 s left",
        "60 of 100, about 40 s left",
        "90 of 100, about 10 s left",
    ]


def test_what_an_earlier_attempt_did_makes_nobody_faster(line: ProgressLine, clock: Clock, log: io.StringIO) -> None:
    # 900 were there already, 10 took 30 s: the other 90 take 270 s more, not 3
    clock.now = LOG_EVERY_SECONDS
    line.show(910, 1000, lambda: "910 of 1,000", left_seconds=270.0)
    assert log.getvalue() == "910 of 1,000, about 4 min 30 s left\n"


def test_nothing_is_left_of_what_is_done(line: ProgressLine, clock: Clock, log: io.StringIO) -> None:
    clock.now = LOG_EVERY_SECONDS
    line.show(10, 10, lambda: "10 of 10")
    assert log.getvalue() == "10 of 10\n"
