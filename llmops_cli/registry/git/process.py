"""The one place that starts the `git` program, and the only environment it is started in.

A repository may be hostile: its own configuration can name programs that git runs (file system monitor,
hooks, external diff, text conversion, clean filters, signature checks, ssh). Only commands that read
objects are started from here, every setting that names a program is overridden through the environment
(which reaches git's own children too), and no transport is allowed, so that a missing object is an
error and not a download. The user's global configuration stays in force: `safe.directory` counts only
there, and it is the user's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final

from llmops_cli.core.errors import SetupError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_CHUNK_BYTES = 1 << 16
_STDERR_BYTES = 4096

# What describes a repository to git from outside (`git rev-parse --local-env-vars`). A hook's caller sets
# GIT_DIR and GIT_INDEX_FILE; relative values would point elsewhere from a subfolder, and of the index we
# read nothing. Configuration by environment stays: `safe.directory` may travel in it.
_REPOSITORY_VARIABLES: Final = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)

_FIXED: Final = {
    "GIT_ALLOW_PROTOCOL": "",  # empty: no transport at all
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # heeded since git 2.45; before, GIT_ALLOW_PROTOCOL stops the download
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would swap the content of a blob under its id
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
}

_OVERRIDES: Final = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.attributesFile", os.devnull),
    ("core.alternateRefsCommand", ""),
    ("core.askPass", ""),
    ("core.pager", "cat"),
    ("core.quotePath", "false"),
    ("core.sshCommand", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("safe.bareRepository", "explicit"),  # a bare repository committed as a folder is not ours to open
    ("submodule.recurse", "false"),
)


class GitCommandError(Exception):
    """A git command that ended with an exit code we do not expect; `said` is what it wrote to stderr."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        """Keep the parts: callers turn them into an error with a next step."""
        super().__init__(f"git {command} ended with {exit_code}: {said}")
        self.command = command
        self.exit_code = exit_code
        self.said = said

    def as_setup_error(self, where: str) -> SetupError:
        """Return the error to show when nobody knows better what it means."""
        first = shortened(safe_text(self.said.strip(), one_line=True), 500)
        message = f"git {self.command} failed: {first or f'exit code {self.exit_code}'}."
        return SetupError(message, where=where, hint="Check the repository: git fsck")


def hardened_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` made safe for a git child that works on a repository of unknown origin."""
    safe = {name: value for name, value in environment.items() if name not in _REPOSITORY_VARIABLES}
    safe.update(_FIXED)
    given = safe.get("GIT_CONFIG_COUNT", "")
    count = int(given) if given.isascii() and given.isdigit() else 0
    for name, value in _OVERRIDES:
        safe[f"GIT_CONFIG_KEY_{count}"] = name
        safe[f"GIT_CONFIG_VALUE_{count}"] = value
        count += 1
    safe["GIT_CONFIG_COUNT"] = str(count)
    return safe


class GitProcess:
    """Starts git in one folder with the hardened environment."""

    def __init__(self, folder: Path, environment: Mapping[str, str], pinned: Mapping[str, str] | None = None) -> None:
        """Find the program; `pinned` adds variables, such as the GIT_DIR of a detached work tree.

        Raises:
            SetupError: when there is no git on the PATH.
        """
        program = shutil.which("git", path=environment.get("PATH"))
        if program is None:
            message = "the git program was not found on the PATH."
            raise SetupError(message, hint="Install it (for example: apt-get install git), then try again.")
        self.folder = folder
        self._program = program
        self._environment = hardened_environment(environment) | dict(pinned or {})

    def run(self, *arguments: str, accept: Sequence[int] = (0,)) -> tuple[int, bytes]:
        """Run a short command to its end and return its exit code and output.

        Raises:
            GitCommandError: when the exit code is none of `accept`.
        """
        done = subprocess.run(  # noqa: S603 - the program is git, the arguments are ours or hexadecimal
            [self._program, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode not in accept:
            raise GitCommandError(arguments[0], done.returncode, _readable(done.stderr))
        return done.returncode, done.stdout

    def start(
        self,
        arguments: Sequence[str],
        *,
        stdin: int | None = subprocess.DEVNULL,
        stderr: int | None = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a command whose output is read while it runs; whoever starts it ends it."""
        return subprocess.Popen(  # noqa: S603 - as above
            [self._program, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )

    def records(self, *commands: Sequence[str], separator: bytes = b"\0") -> Iterator[bytes]:
        """Run the commands as one pipe and yield what the last one writes, record by record.

        Stopping early ends the children.

        Raises:
            GitCommandError: when one of them fails, after the records before the failure.
        """
        children: list[subprocess.Popen[bytes]] = []
        with tempfile.TemporaryFile() as said:
            try:
                for arguments in commands:
                    source = children[-1].stdout if children else None
                    stdin = subprocess.DEVNULL if source is None else source.fileno()
                    child = self.start(arguments, stdin=stdin, stderr=said.fileno())
                    children.append(child)
                    if source is not None:
                        source.close()  # the next child holds it; ours would hide the end of the pipe
                yield from _split(children[-1], separator)
                for arguments, child in zip(commands, children, strict=True):
                    if child.wait() != 0:
                        said.seek(0)
                        raise GitCommandError(arguments[0], child.returncode, _readable(said.read(_STDERR_BYTES)))
            finally:
                for child in children:
                    end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child that only reads, and collect it."""
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            # a child that is gone already leaves a broken pipe behind; there is nothing left to tell it
            try:
                stream.close()
            except BrokenPipeError:
                continue
    if child.poll() is None:
        child.kill()
    child.wait()


def _split(child: subprocess.Popen[bytes], separator: bytes) -> Iterator[bytes]:
    if child.stdout is None:  # pragma: no cover - start() always asks for a pipe
        return
    rest = b""
    while chunk := child.stdout.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
        *records, rest = (rest + chunk).split(separator)
        yield from records
    if rest:
        yield rest


def _readable(stderr: bytes) -> str:
    return stderr[:_STDERR_BYTES].decode("utf-8", "replace")
