"""Killed at any moment, a run goes on where it was: little is paid twice, and the result is the same."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from evals.eval_world import Echo, World, cases_of, job_of

PROGRAM = Path(__file__).with_name("killed_run.py")
CASES = 150
CONCURRENCY = 10


def start(tmp_path: Path) -> subprocess.Popen[bytes]:
    arguments = [str(tmp_path / "runs"), str(tmp_path / "calls"), str(CASES), str(CONCURRENCY)]
    return subprocess.Popen([sys.executable, str(PROGRAM), *arguments])


def calls_of(tmp_path: Path) -> Counter[str]:
    path = tmp_path / "calls"
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def wait_for_calls(tmp_path: Path, process: subprocess.Popen[bytes], count: int) -> None:
    while process.poll() is None and calls_of(tmp_path).total() < count:
        time.sleep(0.002)


def figures_of(folder: Path) -> bytes:
    (path,) = folder.glob("*/run.json")
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_three_times_pays_little_twice_and_ends_the_same(tmp_path: Path, seed: int) -> None:
    lots = random.Random(seed)  # noqa: S311 - moments to kill at
    kills = 0
    for _ in range(3):
        before = calls_of(tmp_path).total()
        process = start(tmp_path)
        wait_for_calls(tmp_path, process, before + lots.randrange(1, CASES // 2))
        time.sleep(lots.random() * 0.003)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert start(tmp_path).wait() == 0
    calls = calls_of(tmp_path)
    assert len(calls) == CASES * 2
    assert sum(count - 1 for count in calls.values()) <= kills * CONCURRENCY
    assert len(list((tmp_path / "runs").iterdir())) == 1
    job = job_of(cases_of(CASES, wrong_every=7), repeats=2, concurrency=CONCURRENCY)
    World(tmp_path / "uninterrupted").run(job, Echo())
    assert figures_of(tmp_path / "runs") == figures_of(tmp_path / "uninterrupted")


def test_ctrl_c_leaves_a_journal_that_goes_on(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_calls(tmp_path, process, 40)
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    assert start(tmp_path).wait() == 0
    calls = calls_of(tmp_path)
    assert len(calls) == CASES * 2
    assert calls.total() - len(calls) <= CONCURRENCY
