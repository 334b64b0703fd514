"""Numbers as people read them: dollars, tokens, shares, times. An unknown number is a dash, never a zero."""

from __future__ import annotations

UNKNOWN = "–"


def usd(amount: float | None) -> str:
    """Return dollars with as many digits as say something: `$6,000`, `$1.25`, `$0.0021`, `$0`."""
    if amount is None:
        return UNKNOWN
    size = abs(amount)
    sign = "−" if amount < 0 else ""
    if size == 0:
        return "$0"
    if size >= 100:  # noqa: PLR2004 - cents stop mattering
        return f"{sign}${size:,.0f}"
    if size >= 1:
        return f"{sign}${size:,.2f}"
    digits = 2
    while size * 10**digits < 10 and digits < 9:  # noqa: PLR2004 - two significant digits, at most nine places
        digits += 1
    return f"{sign}${size:.{digits}f}".rstrip("0").rstrip(".")


def count(number: int | None) -> str:
    """Return a whole number with separators."""
    return UNKNOWN if number is None else f"{number:,}"


def count_change(number: int) -> str:
    """Return a whole number with its sign, a true minus: `+200`, `−12`, `0`."""
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number):,}"


def counted(number: int, noun: str) -> str:
    """Return `1 case`, `30 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(fraction: float | None) -> str:
    """Return a share in per cent, without decimals: `97%`; only a whole is 100%, only nothing is 0%."""
    if fraction is None:
        return UNKNOWN
    rounded = round(fraction * 100)
    if rounded == 100 and fraction < 1:  # noqa: PLR2004 - per cent
        rounded = 99
    if rounded == 0 and fraction > 0:
        rounded = 1
    return f"{rounded}%"


def score(value: float | None) -> str:
    """Return a score in [0, 1] with two decimals."""
    return UNKNOWN if value is None else f"{value:.2f}"


def seconds(duration: float) -> str:
    """Return a duration: `0.3 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if duration < 10:  # noqa: PLR2004 - below ten seconds the tenth says something
        return f"{duration:.1f} s"
    whole = round(duration)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"
