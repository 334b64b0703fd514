"""Git objects read by id through one `git cat-file --batch` child, and commits as values.

Why git itself and not GitPython's object databases (measured with git 2.39 and GitPython 3.2): its pure
Python one is deprecated by its authors for security and speed; its default one is this same child, started
without control over the environment, so it follows `refs/replace` (other content under the same id) and
cannot read SHA-256 repositories. With our own child, replacements are off, both kinds of id work,
nothing is fetched, and a read is one line written and one block read.
"""

from __future__ import annotations

import subprocess
import threading
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha1, sha256
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError, SetupError
from llmops_cli.registry.git.process import end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.git.process import GitProcess

MAX_OBJECT_BYTES = 64 << 20
"""A larger object is refused before it is read: prompts, suites and datasets in Git are far smaller."""

REGULAR_MODES = ("100644", "100755", "100664")
"""The modes of regular files; the last one is from the first years of Git and still in old histories."""

_MINUTES_PER_DAY = 24 * 60
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object: its id, its kind (`blob`, `tree`, `commit`, `tag`), and its bytes."""

    hex: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit. `when` is the author's date in the author's own time zone."""

    hex: str
    author_name: str
    author_email: str
    when: datetime
    subject: str
    parents: tuple[str, ...]

    @property
    def short(self) -> str:
        """The first ten digits, enough for people and for git in all but the largest repositories."""
        return self.hex[:10]


class ObjectReader:
    """Reads objects one after the other; the child starts with the first read and ends with `close`."""

    def __init__(self, process: GitProcess) -> None:
        """Start nothing yet."""
        self._process = process
        self._child: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[[subprocess.Popen[bytes]], ObjectReader] | None = None
        self._lock = threading.Lock()

    def read(self, name: str) -> GitObject | None:
        """Return the object called `name` (`<id>`, or `<id>:<path>`), or None when there is none.

        Raises:
            InvalidFileError: when it is larger than `MAX_OBJECT_BYTES`.
            SetupError: when git cannot read it: a damaged repository.
        """
        asked = name.encode("utf-8", "surrogateescape")
        if b"\n" in asked or b"\0" in asked:
            return None  # no such name can be written down in this protocol
        with self._lock:
            try:
                return self._read(name, asked)
            except BaseException:
                self.close()  # an answer half read (Ctrl-C) would be taken for the next one
                raise

    def close(self) -> None:
        """End the child. Reading again starts a new one."""
        if self._finalizer is not None:
            self._finalizer()
        self._child = None

    def _read(self, name: str, asked: bytes) -> GitObject | None:
        child = self._running()
        if child.stdin is None or child.stdout is None:  # pragma: no cover - both are pipes
            return None
        try:
            child.stdin.write(asked + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            raise self._broken(name) from None
        header = child.stdout.readline()
        words = header.split()
        if header.endswith((b" missing\n", b" ambiguous\n")):
            return None
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004 - id, kind, size
            raise self._broken(name)
        size = int(words[2])
        if size > MAX_OBJECT_BYTES:
            message = f"the file has {size:,} bytes; llmops reads at most {MAX_OBJECT_BYTES:,} from Git."
            raise InvalidFileError(message, where=name)
        data = child.stdout.read(size + 1)
        if len(data) != size + 1:
            raise self._broken(name)
        return GitObject(words[0].decode("ascii"), words[1].decode("ascii"), data[:-1])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = self._process.start(["cat-file", "--batch"], stdin=subprocess.PIPE)
            self._finalizer = weakref.finalize(self, end, self._child)
        return self._child

    def _broken(self, name: str) -> SetupError:
        message = f"git could not read the object {name}."
        return SetupError(message, where=str(self._process.folder), hint="Check the repository: git fsck")


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in a folder of a commit, with its mode and the id of what it names."""

    name: str
    mode: str
    hex: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.mode == "40000"

    @property
    def is_regular(self) -> bool:
        """Whether it is a regular file: no symbolic link, no submodule."""
        return self.mode in REGULAR_MODES


def blob_id(data: bytes, *, digits: int) -> str:
    """Return the id of a blob with these bytes, in a repository whose ids have 40 (SHA-1) or 64 (SHA-256) digits.

    Nothing is filtered: of a file that Git converts on its way in (line ends), the id is another one.
    """
    framed = b"blob %d\0%s" % (len(data), data)
    return (sha256(framed) if digits == _SHA256_DIGITS else sha1(framed, usedforsecurity=False)).hexdigest()


def parse_tree(found: GitObject) -> Iterator[TreeEntry]:
    """Read a tree object; nothing when it is another kind of object."""
    if found.kind != "tree":
        return
    size = len(found.hex) // 2
    place = 0
    while place < len(found.data):
        space, zero = found.data.index(b" ", place), found.data.index(b"\0", place)
        name = found.data[space + 1 : zero].decode("utf-8", "surrogateescape")
        place, mode = zero + 1 + size, found.data[place:space].decode("ascii")
        yield TreeEntry(name, mode, found.data[zero + 1 : place].hex())


def parse_commit(found: GitObject) -> Commit:
    """Read a commit object; whatever is malformed in a real-life history comes out readable."""
    head, _, message = found.data.partition(b"\n\n")
    fields = [line.partition(b" ") for line in head.split(b"\n")]
    encoding = next((value for name, _, value in fields if name == b"encoding"), b"utf-8")
    author = _decoded(next((value for name, _, value in fields if name == b"author"), b""), encoding)
    who, _, when = author.rpartition("> ")
    name, _, email = who.partition("<")
    paragraph = _decoded(message, encoding).lstrip("\n").split("\n\n", 1)[0]
    return Commit(
        hex=found.hex,
        author_name=name.strip(),
        author_email=email,
        when=_parse_when(when),
        subject=" ".join(paragraph.split()),
        parents=tuple(value.decode("ascii") for name, _, value in fields if name == b"parent"),
    )


def _decoded(data: bytes, encoding: bytes) -> str:
    try:
        return data.decode(encoding.decode("ascii", "replace"))
    except (LookupError, UnicodeError, ValueError):
        return data.decode("utf-8", "replace")


def _parse_when(text: str) -> datetime:
    """Read `1700000000 +0100`; a date that no calendar has becomes the epoch."""
    seconds, _, zone = text.strip().partition(" ")
    try:
        offset = int(zone[-4:-2]) * 60 + int(zone[-2:])
        offset = -offset if zone.startswith("-") else offset
        where = timezone(timedelta(minutes=offset)) if abs(offset) < _MINUTES_PER_DAY else UTC
        return datetime.fromtimestamp(int(seconds), where)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
