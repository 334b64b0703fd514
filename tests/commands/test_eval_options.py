"""Options of `eval` that only a process of its own can show: consent to a price, and watching files."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import edit, example

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUITE = "evals/echo-greeting.yaml"
PRICED = """
budget: {confirm_above_usd: 0.5}
models:
  echo/dear: {price: {input_usd_per_million: 1000000, output_usd_per_million: 0}}
"""


def dear(folder: Path) -> Path:
    """Return the example on a model that costs a dollar a token, with a question above 50 cents."""
    example(folder)
    (folder / "llmops.yaml").write_text(PRICED, encoding="utf-8")
    return folder


def test_a_price_above_the_limit_is_refused_where_nobody_can_be_asked(tmp_path: Path) -> None:
    outcome = llmops("eval", "--model", "echo/dear", folder=dear(tmp_path))
    assert (outcome.code, outcome.out) == (8, "")
    assert "--yes" in outcome.err
    assert not (tmp_path / ".llmops/runs").exists()


@pytest.mark.parametrize("arguments", [("--yes",), ("--max-cost", "0.4"), ("--replay",)])
def test_consent_or_a_smaller_budget_needs_no_question(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert llmops("eval", "--model", "echo/dear", *arguments, folder=dear(tmp_path)).code in {6, 7, 10}


def test_a_dry_run_shows_the_price_without_asking(tmp_path: Path) -> None:
    assert llmops("eval", "--model", "echo/dear", "--dry-run", folder=dear(tmp_path)).code == 0


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 7), (b"n\n", 8), (b"\n", 8)])
def test_on_a_terminal_a_person_is_asked(tmp_path: Path, answer: bytes, code: int) -> None:
    dear(tmp_path)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "eval", "--model", "echo/dear"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=dict(os.environ),
    )
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 4096)
    assert b"llmops.yaml asks before more than $0.5." in said.replace(b"\r\n", b" ")
    os.write(ours, answer)
    try:
        while os.read(ours, 4096):
            pass
    except OSError:  # the other end of a terminal closes like this
        pass
    os.close(ours)
    assert process.wait() == code


class Watched:
    """`eval --watch` in a process of its own."""

    def __init__(self, folder: Path, *options: str, environ: Mapping[str, str] | None = None) -> None:
        self.log = folder.parent / "watch.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "llmops_cli", "eval", "--watch", *options],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environ or {})},
            )

    def wait_for(self, text: str, times: int) -> str:
        while (said := self.log.read_text(encoding="utf-8")).count(text) < times:
            assert self.process.poll() is None, said
            time.sleep(0.05)
        return said

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait()


def test_watch_evaluates_again_what_a_changed_file_reaches(tmp_path: Path) -> None:
    folder = example(tmp_path / "repository")
    assert llmops("new", "other-prompt", folder=folder).code == 0
    watched = Watched(folder)
    try:
        watched.wait_for("Watching", 1)
        (folder / "notes.txt").write_text("nothing to do with prompts", encoding="utf-8")
        said = watched.wait_for("Watching", 2)
        assert "changed: notes.txt" in said
        assert "reaches no prompt" in said
        edit(folder, SUITE, "max_words", "max_word")
        said = watched.wait_for("Watching", 3)
        assert "Did you mean 'max_words'?" in " ".join(said.split())
        before = said.count("other-prompt")
        edit(folder, SUITE, "max_word,", "max_words,")
        said = watched.wait_for("Watching", 4)
        assert said.rstrip().endswith("Watching; Ctrl-C ends it.")
        assert said.count("22 of 22 cases pass") == 2
        assert said.count("other-prompt") == before
    finally:
        code = watched.end()
    assert code == 7
    assert "Traceback" not in watched.log.read_text(encoding="utf-8")


def test_watch_sees_an_edited_recording_where_answers_are_replayed(tmp_path: Path) -> None:
    folder = example(tmp_path / "repository")
    assert llmops("eval", "--record", folder=folder).code == 7
    recording = folder / "evals/recordings/echo/last-message.jsonl"
    watched = Watched(folder, "--replay")
    try:
        watched.wait_for("Watching", 1)
        recorded = recording.read_text(encoding="utf-8")
        recording.write_text(recorded.replace('"text":"', '"text":"word ' + "word " * 400, 1), encoding="utf-8")
        said = watched.wait_for("Watching", 2)
    finally:
        watched.end()
    first, second = said.split("changed: evals/recordings/echo/last-message.jsonl")
    assert "22 of 22 cases pass" in first
    assert "21 of 22 cases pass" in second


def test_an_evaluation_that_is_stopped_while_watching_is_no_pass(tmp_path: Path) -> None:
    folder = example(tmp_path / "repository")
    with (folder / "llmops.yaml").open("a", encoding="utf-8") as file:
        file.write("providers:\n  own: {protocol: command}\n")
    edit(folder, "prompts/echo-greeting.yaml", "name: echo/last-message", "name: own/slow")
    slow = tmp_path / "slow"
    started = tmp_path / "started"
    slow.write_text(f"#!/bin/sh\ntouch '{started}'\nsleep 3600\n", encoding="utf-8")
    slow.chmod(0o755)
    environ = {"LLMOPS_COMMAND_OWN": str(slow)}
    watched = Watched(folder, "--allow-unknown-price", environ=environ)
    try:
        watched.wait_for("22 trials", 1)
        while not started.exists():
            assert watched.process.poll() is None
            time.sleep(0.05)
    finally:
        code = watched.end()
    said = watched.log.read_text(encoding="utf-8")
    assert code == 130, said
    assert "interrupted: what is done is kept" in said
