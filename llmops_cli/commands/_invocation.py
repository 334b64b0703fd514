"""One run of the command line: the global options, the console, and the outside world of the process."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from llmops_cli.commands._console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import typer


class Invocation:
    """What every command is handed: filled in by the global options while the command line is parsed."""

    def __init__(self, *, stdout: IO[str], stderr: IO[str], environ: Mapping[str, str], folder: Path) -> None:
        """Take streams, environment and current folder from the process."""
        self._stdout = stdout
        self._stderr = stderr
        self._folder = folder
        self.environ = environ
        self.options: dict[str, object] = {}

    @property
    def console(self) -> Console:
        """The console as the options given so far shape it."""
        return Console(
            stdout=self._stdout,
            stderr=self._stderr,
            environ=self.environ,
            quiet=self._flag("quiet"),
            verbose=self._flag("verbose"),
            no_color=self._flag("no_color"),
        )

    @property
    def folder(self) -> Path:
        """Where the command works: the folder of `-C`, else the current one."""
        given = self.options.get("repo")
        return self._folder / given if isinstance(given, str) else self._folder

    @property
    def config(self) -> Path | None:
        """The project file of `--config`, when one was named."""
        given = self.options.get("config")
        return self.folder / given if isinstance(given, str) else None

    def path(self, given: Path) -> Path:
        """Return a path of the command line, relative to where the command works."""
        return self.folder / given

    @property
    def offline(self) -> bool:
        """Whether no socket may open."""
        return self._flag("offline")

    def _flag(self, name: str) -> bool:
        return self.options.get(name) is True


def invocation_of(ctx: typer.Context) -> Invocation:
    """Return the run that `ctx` belongs to."""
    return cast("Invocation", ctx.find_root().obj)
