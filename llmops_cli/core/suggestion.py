"""Did you mean …? One way to propose the nearest known word, used by every message that rejects one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOSE_ENOUGH = 0.6
"""The similarity ratio of `difflib` below which a proposal confuses more than it helps (its own default)."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is closest to `word`, or None when nothing is close.

    Case is ignored, so that `Temperature` finds `temperature`.
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(word.casefold()[:200], by_folded, n=1, cutoff=CLOSE_ENOUGH)
    return by_folded[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the sentence `Did you mean 'x'?`, or an empty string when nothing is close."""
    match = nearest(word, known)
    return f"Did you mean '{match}'?" if match else ""
