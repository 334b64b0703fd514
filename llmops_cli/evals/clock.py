"""The clock of an evaluation, passed in like all of its outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Clock: TypeAlias = "Callable[[], float]"
"""Seconds that only grow: `time.monotonic`."""
