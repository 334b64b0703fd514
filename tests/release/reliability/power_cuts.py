"""The power is cut after each system call of a change: what was not made durable may be lost, and nothing else.

A killed process loses nothing that it wrote; a machine does. The calls of a change are recorded with their data and
played back on a model of a disk, which keeps what `fsync` was called for: contents of files, and names in folders.
After each call four disks are looked at: contents and names each as they were written, or as they were made durable.
File systems lose less than that; POSIX promises no more.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from release.reliability.report import Report
from release.reliability.tracing import HANDSHAKE, WRITERS, tracers
from release.samples import NAME, publish, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.event_log import verify
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRODUCTION = "production"
TARGETS = ("sqlite:deep/er/releases.db", "file:deep/er/releases")
CHANGES = ("first", "publish", "rollback")
_CALL = re.compile(r"^(?:\d+ +)?([a-z0-9_]+)\((.*)\) += (-?\d+)(?:<(.*?)>)?", re.DOTALL)
_DESCRIPTOR = re.compile(r"^\w+<(.*?)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_MEMORY = "-shm"
"""SQLite's shared memory, which is made anew by the next that opens the file."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded: its name, the path of its descriptor, its texts, and the rest of its arguments."""

    name: str
    path: str
    texts: tuple[bytes, ...]
    rest: str
    result: int

    @classmethod
    def of(cls, line: str) -> Call | None:
        found = _CALL.match(line)
        if found is None or int(found[3]) < 0 or found[1] == HANDSHAKE:
            return None
        name, arguments, result, opened = found[1], found[2], int(found[3]), found[4] or ""
        descriptor = _DESCRIPTOR.match(arguments)
        path = opened if name == "openat" else (descriptor[1] if descriptor else "")
        texts = tuple(bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments))
        return cls(name, _plain(path), texts, _TEXT.sub("", arguments), result)


@dataclass(slots=True)
class File:
    """The content of a file as it was written, and as it is on the disk."""

    written: bytes
    durable: bytes = b""


@dataclass(slots=True)
class Disk:
    """Names as they were written and as they are on the disk; None is a folder."""

    root: str
    written: dict[str, File | None] = field(default_factory=dict)
    durable: dict[str, File | None] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> Disk:
        """Return the disk on which everything in a folder is durable."""
        disk = cls(str(root))
        for path in sorted(root.rglob("*")):
            data = None if path.is_dir() else path.read_bytes()
            disk.written[str(path)] = None if data is None else File(data, data)
        disk.durable = dict(disk.written)
        return disk

    def play(self, call: Call) -> None:
        """Do what a call did."""
        texts = [text.decode("utf-8", "surrogateescape") for text in call.texts]
        match call.name:
            case "openat" if "O_CREAT" in call.rest and self._is_ours(call.path):
                found = self.written.setdefault(call.path, File(b""))
                if "O_TRUNC" in call.rest and found is not None:
                    found.written = b""
            case "openat":
                # to read, or not ours
                return
            case "write" | "pwrite64" | "ftruncate" if self._is_ours(call.path):
                self._write(call)
            case "fsync" | "fdatasync":
                self._sync(call.path)
            case "rename":
                self.written[texts[1]] = self.written.pop(texts[0])
            case "link":
                self.written[texts[1]] = self.written[texts[0]]
            case "unlink" if self._is_ours(texts[0]):
                self.written.pop(texts[0], None)
            case "mkdir":
                self.written[texts[0]] = None
            case _:
                # whatever is not played back would be lost without anybody seeing it
                assert not self._is_ours(call.path), f"the model does not know {call.name}"

    def images(self) -> Iterator[tuple[str, dict[str, bytes | None]]]:
        """Return what may be on the disk when the power goes now, by what was kept."""
        for names, contents in product(("written", "durable"), repeat=2):
            kept: dict[str, File | None] = getattr(self, names)
            yield (
                f"names {names}, contents {contents}",
                {path: None if found is None else getattr(found, contents) for path, found in kept.items()},
            )

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self.root + "/") and not path.endswith(_MEMORY)

    def _write(self, call: Call) -> None:
        found = self.written[call.path]
        assert found is not None
        numbers = [int(number) for number in re.findall(r", (\d+)", call.rest)]
        if call.name == "ftruncate":
            found.written = found.written[: numbers[0]].ljust(numbers[0], b"\0")
            return
        # the length is the last but one of pwrite64, and the last of write, which goes on where the file ends
        at = numbers[-1] if call.name == "pwrite64" else len(found.written)
        data = call.texts[0][: call.result]
        assert len(data) == call.result, "the record does not hold all that was written"
        found.written = found.written[:at].ljust(at, b"\0") + data + found.written[at + len(data) :]

    def _sync(self, path: str) -> None:
        found = self.written.get(path)
        if found is not None:
            found.durable = found.written
            return
        for names in (self.durable, self.written):
            for name in [name for name in names if str(Path(name).parent) == path]:
                if name in self.written:
                    self.durable[name] = self.written[name]
                else:
                    del self.durable[name]


def reports(folder: Path) -> Iterator[Report]:
    """Cut the power after each call of each change of each target, the first of an empty place included."""
    with tracers(1) as traced:
        for uri, change in product(TARGETS, CHANGES):
            place = folder / f"power-{uri.partition(':')[0]}-{change}"
            place.mkdir()
            root = place / "root"
            root.mkdir()
            if change != "first":
                with closing(open_target(uri, Surroundings(folder=root, environ={}))) as target:
                    publish(target, release(1))
                    publish(target, release(2))
            disk = Disk.of(root)
            names = ",".join(f"?{name}" for name in (*WRITERS, HANDSHAKE, "openat", "creat"))
            done = traced.run(root, uri, change, "-y", "-xx", "-s", "4000000", "-e", f"trace={names}")
            assert done.acknowledged, f"{uri}, {change}: the change was not made"
            calls = [call for line in done.record.splitlines() if (call := Call.of(line))]
            yield _cut(disk, calls, Cut(uri, change, place))


@dataclass(frozen=True, slots=True)
class Cut:
    """One change of one target, and a place for disks."""

    uri: str
    change: str
    place: Path

    def problems(self, image: dict[str, bytes | None], root: str, *, acknowledged: bool) -> Iterator[str]:
        """Open what is on a disk and tell what is wrong with it."""
        folder = self.place / "image"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, data in sorted(image.items()):
            path = folder / Path(name).relative_to(root)
            if not path.parent.is_dir():
                # its folder is not durable, and so it is not
                continue
            if data is None:
                path.mkdir()
            else:
                path.write_bytes(data)
        try:
            with closing(open_target(self.uri, Surroundings(folder=folder, environ={}))) as target:
                state = load_state(target, PRODUCTION)
                stable = state.prompts[NAME].stable if state.prompts else None
                found = list(verify(target, PRODUCTION).problems)
        except LlmopsError as error:
            yield f"cannot be used any more: {error}"
            return
        yield from found
        before = 0 if self.change == "first" else 2
        old = None if self.change == "first" else release(2).ref()
        new = release(1 if self.change == "rollback" else 3).ref()
        if (state.revision, stable) not in ((before, old), (before + 1, new)):
            yield f"torn: revision {state.revision} serves {stable}"
        if acknowledged and state.revision == before:
            yield "acknowledged and lost"


def _cut(disk: Disk, calls: Sequence[Call], cut: Cut) -> Report:
    counts: Counter[str] = Counter()
    violations: list[str] = []
    acknowledged = False
    for number, call in enumerate(calls, start=1):
        acknowledged = acknowledged or (call.name == "write" and call.texts[0].startswith(b"acknowledged"))
        disk.play(call)
        counts["calls"] += 1
        for kept, image in disk.images():
            counts["disks"] += 1
            what = f"{cut.uri} {cut.change}, power cut after call {number} ({call.name}), {kept}"
            found = cut.problems(image, disk.root, acknowledged=acknowledged)
            violations += [f"{what}: {problem}" for problem in found]
    done = f"{cut.uri.partition(':')[0]}, {cut.change}: after each call, four disks"
    return Report(name="power cuts", done=done, counts=counts, violations=tuple(violations))


def _plain(path: str) -> str:
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path
