"""The only writer to the terminal: what was asked for goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from llmops_cli.commands._secrets import masked
from llmops_cli.core.errors import SetupError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import Page, hanging, rendered, without_log_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_WIDTH = 80
NARROWEST = 40


class OutputClosedError(Exception):
    """The reader of our output went away (`llmops list | head`); there is nobody left to tell."""


class Console:
    """Two streams and how much may be said on them.

    `quiet` silences notes and progress, never the payload nor an error. `verbose` adds details.
    """

    def __init__(
        self,
        *,
        stdout: IO[str],
        stderr: IO[str],
        environ: Mapping[str, str],
        quiet: bool = False,
        verbose: bool = False,
        no_color: bool = False,
    ) -> None:
        """Take the streams and the environment from outside, so that a test can look at both."""
        self._stdout = stdout
        self._stderr = stderr
        self._environ = environ
        self.quiet = quiet
        self.verbose = verbose
        self._no_color = no_color

    def payload(self, text: str) -> None:
        """Write what the command was asked for to stdout, ending in one line break."""
        self._write(self._stdout, text if text.endswith("\n") else text + "\n")

    def report(self, text: str) -> None:
        """Write a payload that quotes what models answered; what looks like a key is masked, as logs are kept."""
        self.payload(masked(text, self._environ))

    def note(self, text: str) -> None:
        """Write a remark or a next step to stderr, unless told to be quiet; the text may quote anything."""
        self.note_report(without_log_commands(safe_text(text)))

    def sentence(self, text: str) -> None:
        """Write a remark that may be long; a person's terminal gets it wrapped at blanks. It may quote anything."""
        if self.quiet or not self.is_terminal:
            self.note(text)
            return
        from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

        page = self.error_page
        self.note_report(rendered(page, hanging(page, Text(safe_text(text)))))

    def note_report(self, report: str) -> None:
        """Write a report (safe, maybe coloured) to stderr, unless told to be quiet."""
        if not self.quiet and report:
            self._write(self._stderr, report + "\n")

    def detail(self, text: str) -> None:
        """Write to stderr what only `-v` asks for; the text may quote anything."""
        if self.verbose and not self.quiet:
            self._write(self._stderr, without_log_commands(safe_text(text)) + "\n")

    def error(self, text: str) -> None:
        """Write what went wrong (a report: safe, maybe coloured) to stderr; quiet does not silence it."""
        self._write(self._stderr, text + "\n")

    def log_line(self, line: str) -> None:
        """Write a line of a log to stderr, as it is: the caller made it safe. Quiet silences it."""
        if not self.quiet:
            self._write(self._stderr, line + "\n")

    def status(self, text: str) -> None:
        """Replace the last line of a terminal's stderr; an empty text clears it."""
        self._write(self._stderr, f"\r\x1b[2K{safe_text(text, one_line=True)}")

    @property
    def shows_status(self) -> bool:
        """Whether a line that replaces itself can be shown: a terminal that is not told to be quiet."""
        return not self.quiet and _is_terminal(self._stderr) and self._environ.get("TERM") != "dumb"

    @property
    def is_terminal(self) -> bool:
        """Whether a person can be asked on stderr."""
        return _is_terminal(self._stderr)

    @property
    def page(self) -> Page:
        """The page that stdout is; lines are wrapped only for a person at a terminal."""
        return self._page(self._stdout, wrap=_is_terminal(self._stdout))

    @property
    def report_page(self) -> Page:
        """The page of stdout for reports that are laid out for reading wherever they go."""
        return self._page(self._stdout, wrap=True)

    @property
    def error_page(self) -> Page:
        """The page that stderr is."""
        return self._page(self._stderr, wrap=True)

    def _page(self, stream: IO[str], *, wrap: bool) -> Page:
        colour = (
            _is_terminal(stream)
            and not self._no_color
            and not self._environ.get("NO_COLOR")
            and self._environ.get("TERM") != "dumb"
        )
        return Page(width=self._width(stream), colour=colour, wrap=wrap)

    def _width(self, stream: IO[str]) -> int:
        given = self._environ.get("COLUMNS", "")
        if given.isascii() and given.isdigit() and int(given):
            return max(int(given), NARROWEST)
        if _is_terminal(stream):
            try:
                return max(os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH, NARROWEST)
            except OSError:
                return USUAL_WIDTH
        return USUAL_WIDTH

    def _write(self, stream: IO[str], text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError as error:
            raise OutputClosedError from error
        except OSError as error:
            if stream is self._stderr:
                return  # nobody can be told
            message = f"the output cannot be written: {error.strerror}."
            raise SetupError(message, hint="Check where it goes, and the free space there.") from error


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False
