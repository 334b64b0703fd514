"""A limit per minute, kept before the provider has to complain."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 60.0


class SlidingWindow:
    """At most `limit` units (requests, or tokens) in any 60 seconds; times are seconds of one clock."""

    def __init__(self, limit: int) -> None:
        """Start empty."""
        self.limit = limit
        self._entries: deque[list[float]] = deque()
        self._used = 0.0

    def wait_seconds(self, amount: float, now: float) -> float:
        """Return how long to wait until `amount` fits; more than the whole limit fits once nothing else is in it."""
        self._forget(now)
        excess = self._used + min(amount, self.limit) - self.limit
        if excess <= 0:
            return 0.0
        for moment, used in self._entries:
            excess -= used
            if excess <= 0:
                return moment + WINDOW_SECONDS - now
        return 0.0

    def add(self, amount: float, now: float) -> list[float]:
        """Count `amount`, and return the entry, whose amount `correct` can mend when the real one is known."""
        entry = [now, amount]
        self._entries.append(entry)
        self._used += amount
        return entry

    def correct(self, entry: list[float], amount: float) -> None:
        """Put the real amount in place of the estimate, while the entry still counts."""
        if self._entries and entry[0] >= self._entries[0][0]:
            self._used += amount - entry[1]
            entry[1] = amount

    def _forget(self, now: float) -> None:
        while self._entries and self._entries[0][0] <= now - WINDOW_SECONDS:
            self._used -= self._entries.popleft()[1]
        if not self._entries:
            self._used = 0.0
