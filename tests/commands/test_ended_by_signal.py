"""A command that is told to end from outside: by Ctrl-C, by a job that is cancelled, by a terminal that is closed."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from commands.world import edit, example

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = 3


class Evaluation:
    """`eval` of a model that is a program and sleeps; `trap` is what a shell had set before it started llmops."""

    def __init__(self, folder: Path, trap: str = ":") -> None:
        self.root = example(folder / "repository")
        with (self.root / "llmops.yaml").open("a", encoding="utf-8") as file:
            file.write(f"providers:\n  own: {{protocol: command, concurrency: {PROGRAMS}}}\n")
        edit(self.root, "prompts/echo-greeting.yaml", "name: echo/last-message", "name: own/slow")
        self.seconds = f"3600.{os.getpid()}{time.monotonic_ns()}"
        slow = folder / "slow"
        slow.write_text(f"#!/bin/sh\nsleep {self.seconds}\n", encoding="utf-8")
        slow.chmod(0o755)
        python = f"{shlex.quote(sys.executable)} -m llmops_cli eval --allow-unknown-price"
        self.process = subprocess.Popen(
            ["sh", "-c", f"trap {trap}; exec {python}" if trap != ":" else f"exec {python}"],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LLMOPS_COMMAND_OWN": str(slow)},
            text=True,
        )
        while self.programs() < PROGRAMS:
            assert self.process.poll() is None
            time.sleep(0.05)

    def programs(self) -> int:
        listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
        return listed.splitlines().count(f"sleep {self.seconds}")

    def programs_at_last(self) -> int:
        """What is left when those that were killed have had time to go: a signal is sent, not waited for."""
        for _ in range(100):
            if not self.programs():
                break
            time.sleep(0.05)
        return self.programs()

    def end_with(self, number: signal.Signals) -> str:
        self.process.send_signal(number)
        return self.process.communicate()[0]


@pytest.fixture
def started() -> Iterator[list[Evaluation]]:
    running: list[Evaluation] = []
    yield running
    for evaluation in running:
        if evaluation.process.poll() is None:
            evaluation.process.kill()
            evaluation.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_done_is_kept_and_no_program_is_left(
    tmp_path: Path, started: list[Evaluation], number: signal.Signals
) -> None:
    started.append(evaluation := Evaluation(tmp_path))

    said = evaluation.end_with(number)

    assert evaluation.process.returncode == 130, said
    assert "interrupted: what is done is kept" in said
    assert "Traceback" not in said
    assert evaluation.programs_at_last() == 0
    assert list(evaluation.root.glob(".llmops/runs/*/journal.jsonl"))


def test_a_background_job_that_is_deaf_to_ctrl_c_ends_when_it_is_terminated(
    tmp_path: Path, started: list[Evaluation]
) -> None:
    started.append(evaluation := Evaluation(tmp_path, trap="'' INT"))
    evaluation.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert evaluation.process.poll() is None

    said = evaluation.end_with(signal.SIGTERM)

    assert evaluation.process.returncode == 130, said
    assert "Traceback" not in said
    assert evaluation.programs_at_last() == 0


def test_nohup_is_heeded(tmp_path: Path, started: list[Evaluation]) -> None:
    started.append(evaluation := Evaluation(tmp_path, trap="'' HUP"))
    evaluation.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert evaluation.process.poll() is None
    assert evaluation.programs() == PROGRAMS

    evaluation.end_with(signal.SIGTERM)

    assert evaluation.programs_at_last() == 0
