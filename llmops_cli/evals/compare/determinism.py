"""Deterministic arms: one trial stands for all of them, because every repeat would be the same bytes.

Why, and what it does to the rule of three: docs/decisions/0001-deterministic-arms.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Score = TypeVar("Score", bound=float)


def is_steady(trials: Mapping[str, Sequence[float]]) -> bool:
    """Whether no two trials of any case differ, as a declaration of determinism promises."""
    return all(min(scores) == max(scores) for scores in trials.values() if scores)


def repeated(trials: Mapping[str, Sequence[Score]], times: int) -> Mapping[str, Sequence[Score]]:
    """Return `times` trials of every case that has any: its first, again and again; what is longer stays."""
    return {
        case_id: scores if len(scores) >= times or not scores else (scores[0],) * times
        for case_id, scores in trials.items()
    }
