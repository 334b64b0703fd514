"""A process is killed, or the disk fails, at each system call that writes: the old state or the new one, nothing else.

strace injects the fault (Debian package `strace`). It counts calls per name, so the sweep goes over (name, count)
until the process gets through untouched. Without strace, or where tracing is not permitted, this cannot be tested.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from release.samples import NAME, publish, release

from llmops_cli.release.event_log import verify
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state

if TYPE_CHECKING:
    from collections.abc import Iterator

PRODUCTION = "production"
PROGRAM = Path(__file__).with_name("changing_process.py")
WRITERS = ("pwrite64", "write", "fsync", "fdatasync", "rename", "link", "unlink", "ftruncate", "mkdir")
MOST = 40
TARGETS = ("sqlite:releases.db", "file:releases")


@cache
def can_trace() -> bool:
    strace = shutil.which("strace")
    return (
        strace is not None and subprocess.run([strace, "-qq", "true"], capture_output=True, check=False).returncode == 0
    )


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not can_trace(), reason="needs strace and the right to trace")]


def prepared(folder: Path, uri: str) -> None:
    with closing(open_target(uri, Surroundings(folder=folder, environ={}))) as target:
        publish(target, release(1))
        publish(target, release(2))


def run(folder: Path, uri: str, change: str, *injection: str) -> subprocess.CompletedProcess[str]:
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", *(part for item in injection for part in ("-e", item))]
    return subprocess.run(
        [*trace, sys.executable, "-B", str(PROGRAM), uri, change],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def check(folder: Path, uri: str, change: str, done: subprocess.CompletedProcess[str], what: str) -> None:
    """Old or new, acknowledged means there, the log whole; and the same command gets through afterwards."""
    with closing(open_target(uri, Surroundings(folder=folder, environ={}))) as target:
        state = load_state(target, PRODUCTION)
        assert state.revision in (2, 3), what
        assert verify(target, PRODUCTION).problems == (), what
        stable = state.prompts[NAME].stable
        assert stable is not None
        new = 3 if change == "publish" else 1
        assert stable.version == (2 if state.revision == 2 else new), what
        if "acknowledged" in done.stdout:
            assert state.revision == 3, what
    if state.revision == 2:
        again = run(folder, uri, change)
        assert "acknowledged 3" in again.stdout, f"{what}: {again.stderr}"


def sweep(tmp_path: Path, uri: str, fault: str) -> Iterator[tuple[Path, str, str]]:
    """Yield a fresh folder, the injection, and its name, for each call of each kind that the change makes."""
    original = tmp_path / "original"
    original.mkdir()
    prepared(original, uri)
    for call in WRITERS:
        for count in range(1, MOST):
            folder = tmp_path / f"{call}-{count}"
            shutil.copytree(original, folder)
            yield folder, f"inject={call}:{fault}:when={count}", f"{fault} at {call} {count}"
            if (folder / "through").exists():
                break


@pytest.mark.parametrize("uri", TARGETS)
@pytest.mark.parametrize("change", ["publish", "rollback"])
def test_killed_at_every_call_that_writes(tmp_path: Path, uri: str, change: str) -> None:
    killed = 0
    for folder, injection, what in sweep(tmp_path, uri, "signal=KILL"):
        done = run(folder, uri, change, injection)
        check(folder, uri, change, done, what)
        killed += done.returncode != 0
        if done.returncode == 0:
            (folder / "through").touch()
    assert killed >= 5


@pytest.mark.parametrize("uri", TARGETS)
@pytest.mark.parametrize("fault", ["error=EIO", "error=ENOSPC"])
def test_a_disk_that_fails_once_at_every_call_that_writes(tmp_path: Path, uri: str, fault: str) -> None:
    failed = 0
    for folder, injection, what in sweep(tmp_path, uri, fault):
        untouched = run_and_tell(folder, uri, injection)
        check(folder, uri, "rollback", untouched[0], what)
        failed += untouched[0].returncode != 0
        if untouched[1]:
            (folder / "through").touch()
    assert failed >= 3


@pytest.mark.parametrize("uri", TARGETS)
def test_a_disk_that_fails_for_ever_and_then_again_during_recovery(tmp_path: Path, uri: str) -> None:
    for call in ("pwrite64", "fsync", "fdatasync", "rename", "link"):
        folder = tmp_path / call
        folder.mkdir()
        prepared(folder, uri)
        for _ in range(2):
            run(folder, uri, "rollback", f"inject={call}:error=EIO:when=2+")
        check(folder, uri, "rollback", run(folder, uri, "rollback", f"inject={call}:error=EIO:when=1+"), call)


def run_and_tell(folder: Path, uri: str, injection: str) -> tuple[subprocess.CompletedProcess[str], bool]:
    """Run with a fault, and tell whether it was never reached."""
    trace = folder / "trace"
    call = injection.split("=")[1].split(":", maxsplit=1)[0]
    options = ["-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", injection]
    done = subprocess.run(
        ["strace", *options, sys.executable, "-B", str(PROGRAM), uri, "rollback"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, "(INJECTED)" not in trace.read_text("utf-8", "replace")
