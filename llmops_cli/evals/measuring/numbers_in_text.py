"""Numbers as people and models write them: a decimal point, commas between thousands, a sign, an exponent."""

from __future__ import annotations

import math

from llmops_cli.registry.contracts.patterns import without_surrogates

_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|[-+−]?\.\d+"
LONGEST = 400
"""Characters of one number; a longer run of digits is none that a double can hold."""


def read_number(text: str) -> float | None:
    """Return the number that the whole text is, or None."""
    import re2  # noqa: PLC0415 - C++ that only suites with patterns need

    stripped = text.strip()
    if len(stripped) > LONGEST or not re2.fullmatch(_NUMBER, without_surrogates(stripped)):
        return None
    return _value(stripped)


def find_number(text: str, which: str) -> float | None:
    """Return the `only`, the `first` or the `last` number of a text, or None."""
    if which == "only":
        return read_number(text)
    import re2  # noqa: PLC0415

    found = None
    for match in re2.finditer(_NUMBER, without_surrogates(text)):
        found = match.group()
        if which == "first":
            break
    return _value(found) if found and len(found) <= LONGEST else None


def _value(written: str) -> float | None:
    value = float(written.replace(",", "").replace("−", "-"))
    return value if math.isfinite(value) else None
