"""A client of the service whose thread does not run: a test makes each of its attempts and decides what time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.client import PromptClient

if TYPE_CHECKING:
    from llmops_cli.client.follower import Follower


class SteppedClient(PromptClient):
    """Reads as `PromptClient` does; `follower.attempt()` is called by the test."""

    @property
    def follower(self) -> Follower:
        """What keeps the memory up to date."""
        return self._follower

    def poll_only(self) -> None:
        """Ask, and open no stream, so that an attempt ends by itself."""
        self._follower._streams = False

    def _start(self) -> None:
        self._thread = None
