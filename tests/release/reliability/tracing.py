"""Runs changes under strace, which counts, records or breaks the system calls that write.

strace (Debian package `strace`) counts calls of a fault by name: `fsync:when=3` is the third fsync. A fault that
was reached says `(INJECTED)` in the record, or killed the process.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from signal import SIGKILL
from typing import TYPE_CHECKING

from release.changing_process import TRACED

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITERS = (
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "fsync", "fdatasync", "sync_file_range", "msync",
    "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir",
    "ftruncate", "truncate", "fallocate", "mkdir", "mkdirat",
)  # fmt: skip
"""Every system call with which these programs change a file or a folder, or make a change durable."""

HANDSHAKE = "getppid"
TIMEOUT_SECONDS = 120
PROGRAM = Path(__file__).parents[1] / "changing_process.py"
_CALL = re.compile(r"^(?:\d+ +)?([a-z0-9_]+)\(", re.MULTILINE)


@cache
def why_not() -> str:
    """Return why nothing can be traced on this machine, empty when it can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed (Debian, Ubuntu: apt-get install strace)"
    tried = subprocess.run([strace, "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace here: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """How a traced change ended, and the record of its calls."""

    acknowledged: bool
    exit_code: int
    record: str

    @property
    def reached(self) -> bool:
        """Whether the fault came to pass."""
        return self.exit_code == -SIGKILL or any(
            "(INJECTED)" in line and HANDSHAKE not in line for line in self.record.splitlines()
        )

    @property
    def calls(self) -> list[str]:
        """The names of the calls, in their order."""
        return [name for name in _CALL.findall(self.record) if name != HANDSHAKE]


class Tracers:
    """Several makers of processes, each with everything imported; safe to use from so many threads."""

    def __init__(self, makers: list[subprocess.Popen[str]]) -> None:
        self._free: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for maker in makers:
            self._free.put(maker)

    def run(self, folder: Path, uri: str, change: str, *options: str) -> Traced:
        """Make a change in a folder, traced from its first call on."""
        maker = self._free.get()
        record, answer = folder.with_name(f"{folder.name}.record"), folder.with_name(f"{folder.name}.answer")
        try:
            pid = _told(maker, {"folder": str(folder), "uri": uri, "change": change, "answer": str(answer)})
            handshake = ["-e", f"inject={HANDSHAKE}:retval={TRACED}"]
            tracer = ["strace", "-f", "-qq", "-p", str(pid), "-o", str(record), "-e", f"trace={_names()}", *handshake]
            subprocess.run([*tracer, *options], check=False, timeout=TIMEOUT_SECONDS)
            exit_code = _told(maker)
            acknowledged = answer.read_bytes() != b""
            return Traced(acknowledged=acknowledged, exit_code=exit_code, record=record.read_text("utf-8", "replace"))
        finally:
            self._free.put(maker)
            record.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)


@contextmanager
def tracers(count: int) -> Iterator[Tracers]:
    """Start makers of processes, and end them with the block."""
    command = [sys.executable, "-B", str(PROGRAM)]
    pipe = subprocess.PIPE
    makers = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) for _ in range(count)
    ]
    try:
        yield Tracers(makers)
    finally:
        for maker in makers:
            maker.communicate(timeout=TIMEOUT_SECONDS)


def _told(maker: subprocess.Popen[str], question: dict[str, str] | None = None) -> int:
    assert maker.stdin is not None
    assert maker.stdout is not None
    if question:
        maker.stdin.write(json.dumps(question) + "\n")
        maker.stdin.flush()
    return int(maker.stdout.readline())


def _names() -> str:
    # a question mark: some machines do not have each call
    return ",".join(f"?{name}" for name in (*WRITERS, HANDSHAKE))
