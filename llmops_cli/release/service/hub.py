"""Keeps the views of all environments up to date and wakes whoever waits for a change.

Writers may go past this service (another replica, `llmops rollback` on the database itself), so the target is
asked again and again; a change made through this service is seen at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.service.roster import Roster
from llmops_cli.release.service.view import View, load_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.release_target import Target

POLL_SECONDS = 0.1
NAMES_EVERY = 10
"""Polls between two looks at which environments exist."""

MOST_LIMITED_VIEWS = 200


class Hub:
    """The views by environment. Lives in one event loop; the target is asked in threads."""

    def __init__(
        self, target: Target, *, poll_seconds: float = POLL_SECONDS, tell: Callable[[str], object] = lambda _: None
    ) -> None:
        """Take the target; `start` reads it for the first time. `tell` hears why it cannot be read, "" when it can."""
        self.target = target
        self.roster = Roster()
        self.problem = ""
        self.closing = False
        self._tell = tell
        self._poll_seconds = poll_seconds
        self._views: dict[str, View] = {}
        self._limited: dict[tuple[str, tuple[str, ...]], View] = {}
        self._changed = asyncio.Event()
        self._locks: dict[str, asyncio.Lock] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read every environment and begin to watch."""
        await self._look(names=True)
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End the watch and let go of everybody who waits."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def close(self) -> None:
        """Tell streams and waiters that the service goes away."""
        self.closing = True
        self._wake()

    @property
    def views(self) -> Mapping[str, View]:
        """The newest view of each environment that was ever written."""
        return self._views

    def view(self, environment: str, patterns: tuple[str, ...] = ("*",)) -> View | None:
        """Return the newest view, limited to the prompts of some patterns; None for an unknown environment."""
        whole = self._views.get(environment)
        if whole is None or patterns == ("*",):
            return whole
        limited = self._limited.get((environment, patterns))
        if limited is None or limited.state.revision != whole.state.revision or limited.problems != whole.problems:
            if len(self._limited) >= MOST_LIMITED_VIEWS:
                self._limited.clear()
            limited = self._limited[environment, patterns] = whole.limited_to(patterns)
        return limited

    def revision(self, environment: str) -> int:
        """Return the revision that is shown, 0 for an unknown environment."""
        view = self._views.get(environment)
        return view.state.revision if view else 0

    async def wait_beyond(self, environment: str, revision: int, seconds: float) -> None:
        """Return when the environment is beyond a revision, the service closes, or the time is over."""
        await self.wait_until(lambda: self.revision(environment) > revision, seconds)

    async def wait_until(self, done: Callable[[], bool], seconds: float) -> None:
        """Return when `done` says so after some change, the service closes, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while not (done() or self.closing):
                    await self._changed.wait()
        except TimeoutError:
            return

    async def refresh(self, environment: str) -> None:
        """Look at one environment now; never shows an older revision than before."""
        async with self._locks.setdefault(environment, asyncio.Lock()):
            before = self._views.get(environment)
            view = await asyncio.to_thread(load_view, self.target, environment, before)
            if before is None or view.state.revision > before.state.revision:
                self._views[environment] = view
                self._wake()
            elif view.problems != before.problems and view.state.revision == before.state.revision:
                # a damaged release was restored, or the other way round: what is known to be good stays
                self._views[environment] = view if len(view.problems) < len(before.problems) else before
                self._wake()

    async def _watch(self) -> None:
        turn = 0
        while not self.closing:
            await asyncio.sleep(self._poll_seconds)
            turn += 1
            # with no environment known, names are all that there is to ask: silence would pass for an answer
            await self._look(names=turn % NAMES_EVERY == 0 or bool(self.problem))

    async def _look(self, *, names: bool) -> None:
        before = self.problem
        try:
            for environment in await asyncio.to_thread(self._stale, names=names):
                await self.refresh(environment)
        except LlmopsError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - the watch goes on whatever a target does; readiness tells
            self.problem = f"{type(error).__name__} while reading the target"
        else:
            self.problem = ""
        if self.problem != before:
            self._tell(self.problem)

    def _stale(self, *, names: bool) -> list[str]:
        """Return the environments whose revision moved; asks the target, so it runs in a thread."""
        known = set(self._views)
        if names:
            known |= set(self.target.environments())
        return [
            name
            for name in sorted(known)
            if name not in self._views
            or self._views[name].problems
            or self.target.wait(name, self.revision(name), 0) > self.revision(name)
        ]

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
