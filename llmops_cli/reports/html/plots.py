"""Plots as values: bars with places and sizes in their own small coordinate system, drawn as inline SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 240.0
HEIGHT = 48.0
BINS = 20
GAP = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `kind` names its colour (`pass`, `fail`, `plain`), `label` is what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bars over an axis from `left` to `right`; `summary` says in words what the picture shows."""

    bars: tuple[Bar, ...]
    left: str
    right: str
    summary: str
    width: float = WIDTH
    height: float = HEIGHT


def score_histogram(scores: Sequence[tuple[float, bool]]) -> Histogram | None:
    """Return how scores in [0, 1] are spread, those that passed above those that failed; None without any."""
    if not scores:
        return None
    counts = [[0, 0] for _ in range(BINS)]
    for value, passed in scores:
        counts[min(int(value * BINS), BINS - 1)][passed] += 1
    tallest = max(sum(pair) for pair in counts)
    bars: list[Bar] = []
    for number, (failed, passed_count) in enumerate(counts):
        start, end = number / BINS, (number + 1) / BINS
        where = f"{start:.2f} to {end:.2f}"
        bars += _stack(
            number,
            tallest,
            (failed, "fail", f"{where}: {failed} failed"),
            (passed_count, "pass", f"{where}: {passed_count} passed"),
        )
    mean = sum(value for value, _ in scores) / len(scores)
    lowest, highest = min(value for value, _ in scores), max(value for value, _ in scores)
    summary = f"{len(scores)} scores from {lowest:.2f} to {highest:.2f}, mean {mean:.2f}"
    return Histogram(bars=tuple(bars), left="0", right="1", summary=summary)


def seconds_histogram(durations: Sequence[float]) -> Histogram | None:
    """Return how latencies are spread between none and the longest; None where nothing was timed."""
    longest = max(durations, default=0.0)
    if longest <= 0:
        return None
    counts = [0] * BINS
    for duration in durations:
        counts[min(int(duration / longest * BINS), BINS - 1)] += 1
    bars: list[Bar] = []
    for number, count in enumerate(counts):
        where = f"{number / BINS * longest:.2f} to {(number + 1) / BINS * longest:.2f} s"
        bars += _stack(number, max(counts), (count, "plain", f"{where}: {count}"))
    summary = f"{len(durations)} calls, the longest {longest:.2f} s"
    return Histogram(bars=tuple(bars), left="0 s", right=f"{longest:.2f} s", summary=summary)


def _stack(number: int, tallest: int, *parts: tuple[int, str, str]) -> list[Bar]:
    """Put the parts of one bin on top of each other; what is there is at least two units high."""
    step = WIDTH / BINS
    bars: list[Bar] = []
    bottom = HEIGHT
    for count, kind, label in parts:
        if count:
            height = round(max(count / tallest * HEIGHT, 2.0), 2)
            bottom = max(bottom - height, 0.0)
            bars.append(Bar(round(number * step + GAP / 2, 2), round(bottom, 2), step - GAP, height, kind, label))
    return bars
