"""Dates as people and models write them."""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 80
"""Characters; no date is longer, and parsers take their time over pages of text."""

_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?")
# a leap year and another day, month and year: what the text leaves open differs between the two
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 2, 29))  # noqa: DTZ001 - only the day counts


def read_date(text: str, formats: Sequence[str], *, day_first: bool = False) -> date | None:
    """Return the day that the whole text names in the first format that fits, or None."""
    stripped = text.strip()
    if len(stripped) > LONGEST or not stripped:
        return None
    for format_ in formats:
        day = _read(stripped, format_, day_first=day_first)
        if day is not None:
            return day
    return None


def format_problem(format_: str) -> str:
    """Return why a format cannot be used, or an empty string."""
    if format_ in ("iso", "any"):
        return ""
    if "%" not in format_:
        return f"'{format_[:40]}' is none of iso, any, or codes like %d.%m.%Y"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a format without a year is deprecated there, and refused below
            written = datetime(2004, 5, 17, 13, 14, 15).strftime(format_)  # noqa: DTZ001
            read = datetime.strptime(written, format_)  # noqa: DTZ007
    except (ValueError, re.error):
        return f"'{format_[:40]}' is not a format that strptime reads"
    return "" if read.date() == date(2004, 5, 17) else f"'{format_[:40]}' does not name a day, a month and a year"


def _read(text: str, format_: str, *, day_first: bool) -> date | None:
    try:
        if format_ == "iso":
            return _read_iso(text)
        if format_ == "any":
            return _read_any(text, day_first=day_first)
        return datetime.strptime(text, format_).date()  # noqa: DTZ007 - only the day counts
    except (ValueError, OverflowError):
        return None


def _read_iso(text: str) -> date | None:
    # the pattern first: fromisoformat also takes week dates and any separator between date and time
    return datetime.fromisoformat(text.replace(",", ".")).date() if _ISO.fullmatch(text) else None


def _read_any(text: str, *, day_first: bool) -> date | None:
    from dateutil import parser  # noqa: PLC0415 - 30 ms that only `any` needs

    # a sentence without a year, or "10", is read with today's parts by dateutil; two defaults unmask that
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown time zone name does not change the day
        readings = {parser.parse(text, dayfirst=day_first, default=default).date() for default in _DEFAULTS}
    return readings.pop() if len(readings) == 1 else None
