"""How many requests may run at once: as many as the provider bears, found out while running.

Additive increase, multiplicative decrease, decided per round of answers: few refusals are the provider's noise and
change nothing, many mean that it is asked too much. A rule that halves on every single refusal, or that judges by
five answers, comes to a standstill at a provider that refuses one request in ten at random.
"""

from __future__ import annotations

import asyncio
from collections import deque

ROUND = 50
"""Answers by which a fraction of refusals is told from chance; a round with more places is as long as these."""

MANY = 0.2
"""The fraction of refusals in a round from which there are fewer places, as soon as it is reached."""

FEW = 0.12
"""The fraction of refusals in a round below which there are more places in the next."""

DECREASE = 0.5
INCREASE = 0.1
"""Of the places there are; at least one place is added, and one is always left."""


class AdaptiveLimit:
    """Places for requests; whoever waits longest goes first."""

    def __init__(self, most: int) -> None:
        """Start with all places: most runs never meet a limit."""
        self.most = most
        self.places = float(most)
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._answers = 0
        self._refusals = 0

    async def acquire(self) -> None:
        """Take a place, when there is one."""
        if self._taken < int(self.places) and not self._waiting:
            self._taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # the place was handed over in the moment of the cancellation
                self.release()
            elif turn in self._waiting:
                # else a release has met the cancelled one already, and thrown it away
                self._waiting.remove(turn)
            raise

    def release(self) -> None:
        """Give the place back, to whoever waits."""
        self._taken -= 1
        while self._waiting and self._taken < int(self.places):
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    def report(self, *, refused: bool) -> None:
        """Count an answer, and decide when it is clear how the round goes."""
        self._answers += 1
        self._refusals += refused
        size = max(ROUND, int(self.places))
        clean = not self._refusals and self._answers >= int(self.places)
        if self._refusals >= MANY * size:
            self.places = max(1.0, self.places * DECREASE)
        elif clean or (self._answers >= size and self._refusals < FEW * size):
            self.places = min(float(self.most), self.places + max(1.0, self.places * INCREASE))
        elif self._answers < size:
            return
        self._answers = self._refusals = 0
