"""How long GitHub asks a caller to wait: its primary and secondary rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WITHOUT_ADVICE_SECONDS = 60.0
"""What GitHub's documentation asks for when a secondary limit names no time."""

_LIMITED = {403, 429}


def seconds_to_wait(status: int, headers: Mapping[str, str], data: bytes, *, now: float) -> float | None:
    """Return the seconds after which the same call may be made, or None when no limit was met.

    A 403 is a limit only when its headers or its words say so; any other one is about permissions.
    """
    if status not in _LIMITED:
        return None
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit() and len(after) < 6:  # noqa: PLR2004 - a day and more is no waiting
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(float(reset) - now, 0.0) + 1
    if status == 429 or b"secondary rate limit" in data:  # noqa: PLR2004 - as HTTP names it
        return WITHOUT_ADVICE_SECONDS
    return None
