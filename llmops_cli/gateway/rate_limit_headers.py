"""What a provider says about its limits in the headers of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_SECONDS = 24 * 3600.0
"""A wait beyond a day is taken for a broken header, and cut to this."""

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPOCH_FROM = 1_000_000_000.0
_LIMITED = ("requests", "tokens", "input-tokens", "output-tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReport:
    """`retry_after_seconds`: what was asked of this request. `exhausted_seconds`: how long nothing is left."""

    retry_after_seconds: float | None = None
    exhausted_seconds: float | None = None


def read_limits(headers: Mapping[str, str], now: datetime) -> LimitReport:
    """Read Retry-After and the vendors' own headers; names in lower case. What cannot be read counts as not sent."""
    waits = [
        wait for remaining, reset in _pairs(headers) if remaining == 0 and (wait := wait_of(reset, now)) is not None
    ]
    return LimitReport(
        retry_after_seconds=_retry_after(headers, now),
        exhausted_seconds=max(waits, default=None),
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _clamped(milliseconds / 1000)
    return wait_of(headers["retry-after"], now) if "retry-after" in headers else None


def _pairs(headers: Mapping[str, str]) -> Iterator[tuple[float | None, str]]:
    """Walk what is left of each limit, with the text that says when it is whole again."""
    for what in _LIMITED:
        # OpenAI and those who follow it; Anthropic
        for remaining, reset in (
            (f"x-ratelimit-remaining-{what}", f"x-ratelimit-reset-{what}"),
            (f"anthropic-ratelimit-{what}-remaining", f"anthropic-ratelimit-{what}-reset"),
        ):
            if remaining in headers:
                yield _number(headers[remaining]), headers.get(reset, "")
    for prefix in ("x-ratelimit", "ratelimit"):
        if f"{prefix}-remaining" in headers:
            yield _number(headers[f"{prefix}-remaining"]), headers.get(f"{prefix}-reset", "")


def wait_of(text: str, now: datetime) -> float | None:
    """Return the seconds that `text` means: a number, `6m0s`, a moment in seconds since 1970, a date in either form."""
    number = _number(text)
    if number is not None:
        return _clamped(number - now.timestamp() if number > _EPOCH_FROM else number)
    pieces = list(_DURATION.finditer(text))
    if pieces and "".join(piece.group() for piece in pieces) == text:
        return _clamped(sum(float(piece["number"]) * _UNIT_SECONDS[piece["unit"]] for piece in pieces))
    moment = _moment(text)
    return None if moment is None else _clamped((moment - now).total_seconds())


def _moment(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124 - NaN


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MOST_SECONDS)
