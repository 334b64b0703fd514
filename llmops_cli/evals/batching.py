"""Batches for scorers that gain from them: embedding models, scoring on a cluster."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer

BATCH = 64
"""Contexts scored at once, at most."""


class BatchingScorer:
    """A scorer that hands on, in one call, whatever arrived while the last call was busy.

    No timer: a single context goes at once, and under load batches grow by themselves up to `largest`.
    """

    def __init__(self, inner: Scorer, *, largest: int = BATCH) -> None:
        """Wrap `inner`."""
        self.name = inner.name
        self._inner = inner
        self._largest = largest
        self._waiting: list[tuple[ScoreContext, asyncio.Future[ScoreOutcome]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Queue the contexts and wait for their outcomes."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[ScoreOutcome]] = [loop.create_future() for _ in contexts]
        self._waiting.extend(zip(contexts, futures, strict=True))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await asyncio.gather(*futures)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                await self._hand_on(batch)
        finally:
            self._worker = None

    async def _hand_on(self, batch: Sequence[tuple[ScoreContext, asyncio.Future[ScoreOutcome]]]) -> None:
        # whoever waited may have been cancelled meanwhile
        try:
            outcomes = await self._inner.score([context for context, _ in batch])
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, not to this task
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
