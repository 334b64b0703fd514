"""Latency percentiles in constant memory: a histogram with buckets 1% wide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject

GROWTH = 1.01
"""Each bucket ends 1% above the last one, so a percentile is at most 1% too high."""

SHORTEST_SECONDS = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySummary:
    """Seconds per call, the successful attempt alone; percentiles to 1%."""

    p50_seconds: float
    p95_seconds: float
    p99_seconds: float
    max_seconds: float

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {
            "max_seconds": self.max_seconds,
            "p50_seconds": self.p50_seconds,
            "p95_seconds": self.p95_seconds,
            "p99_seconds": self.p99_seconds,
        }


class LatencyHistogram:
    """Counts latencies; the order of arrival does not matter."""

    def __init__(self) -> None:
        """Begin empty."""
        self._buckets: dict[int, int] = {}
        self._count = 0
        self._longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one call; what is not a time (negative, NaN) counts as none."""
        seconds = seconds if seconds > 0 and math.isfinite(seconds) else 0.0
        bucket = math.ceil(math.log(max(seconds, SHORTEST_SECONDS) / SHORTEST_SECONDS) / math.log(GROWTH))
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self._count += 1
        self._longest = max(self._longest, seconds)

    def summary(self) -> LatencySummary | None:
        """Return the percentiles, or None when there was no call."""
        if not self._count:
            return None
        return LatencySummary(
            p50_seconds=self._percentile(0.50),
            p95_seconds=self._percentile(0.95),
            p99_seconds=self._percentile(0.99),
            max_seconds=self._longest,
        )

    def _percentile(self, fraction: float) -> float:
        rank = max(math.ceil(fraction * self._count), 1)
        seen = 0
        for bucket, count in sorted(self._buckets.items()):
            seen += count
            if seen >= rank:
                return min(SHORTEST_SECONDS * GROWTH**bucket, self._longest)
        return self._longest
