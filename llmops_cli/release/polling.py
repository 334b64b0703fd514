"""Waiting for a revision where the place itself cannot tell: look again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.release.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.release.clock import Clock


def poll(
    revision: Callable[[], int],
    *,
    after: int,
    timeout_seconds: float,
    every_seconds: float,
    clock: Clock | None = None,
) -> int:
    """Return the revision as soon as it is above `after`, or the last one seen when the time is over."""
    clock = clock or SystemClock()
    end = clock.monotonic() + timeout_seconds
    while True:
        current = revision()
        left = end - clock.monotonic()
        if current > after or left <= 0:
            return current
        clock.sleep(min(every_seconds, left))
