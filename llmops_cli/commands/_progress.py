"""One line on stderr that says how far something is, once it takes more than a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from llmops_cli.reports.numbers import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.commands._console import Console

FIRST_AFTER_SECONDS = 1.0
REDRAW_EVERY_SECONDS = 0.1
LOG_EVERY_SECONDS = 30.0


class ProgressLine:
    """Replaces itself on a terminal; elsewhere (a CI log) it is a line every half minute."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """Start counting now."""
        self._console = console
        self._clock = clock
        self._started = clock()
        self._last = self._started
        self._drawn = False

    def show(self, done: int, total: int, words: Callable[[], str], *, left_seconds: float | None = None) -> None:
        """Say `words()` and the time that is left, unless it was said a moment ago.

        `left_seconds` is for who knows better than the share that is done: what an earlier attempt did took no time.
        """
        now = self._clock()
        on_terminal = self._console.shows_status
        wait = REDRAW_EVERY_SECONDS if on_terminal else LOG_EVERY_SECONDS
        if now - self._started < FIRST_AFTER_SECONDS or now - self._last < wait:
            return
        self._last = now
        line = f"{words()}{self._left(done, total, now, left_seconds)}"
        if on_terminal:
            self._console.status(line[: self._console.error_page.width - 1])
            self._drawn = True
        else:
            self._console.note(line)

    def clear(self) -> None:
        """Take the line away, so that what follows starts on a clean one."""
        if self._drawn:
            self._console.status("")
            self._drawn = False

    def _left(self, done: int, total: int, now: float, known: float | None) -> str:
        if not done or done >= total:
            return ""
        left = (now - self._started) / done * (total - done) if known is None else known
        return f", about {seconds(left)} left"
