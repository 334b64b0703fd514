"""Were two runs measured with the same yardstick? Decided metric by metric and case by case."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What measures, as digests.

    `metrics` has a digest per metric name, of the specification with every parameter, the metric's version,
    and its rubric and judge where it has them. `cases` has one per case id. `suite`, `dataset`, `rubrics`
    and `judges` are for people and other tools: they name what changed.
    """

    suite: str
    dataset: str
    metrics: Mapping[str, str]
    cases: Mapping[str, str]
    rubrics: Mapping[str, str] = field(default_factory=dict[str, str])
    judges: Mapping[str, str] = field(default_factory=dict[str, str])

    def without(self, names: Collection[str]) -> Yardstick:
        """Return the yardstick without these metrics."""
        return replace(self, metrics={name: digest for name, digest in self.metrics.items() if name not in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """What of a candidate can be compared with a baseline, and what cannot, sorted by name.

    `cases` and `metrics` agree on both sides. Added cases and metrics are judged by thresholds alone;
    removed ones are for the guard; changed ones are incomparable.
    """

    cases: tuple[str, ...]
    added_cases: tuple[str, ...]
    removed_cases: tuple[str, ...]
    changed_cases: tuple[str, ...]
    metrics: tuple[str, ...]
    added_metrics: tuple[str, ...]
    removed_metrics: tuple[str, ...]
    changed_metrics: tuple[str, ...]
    changed_rubrics: tuple[str, ...]
    changed_judges: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether both sides were measured with exactly the same yardstick."""
        return not (
            self.added_cases
            or self.removed_cases
            or self.changed_cases
            or self.added_metrics
            or self.removed_metrics
            or self.changed_metrics
        )

    @property
    def same_bar(self) -> bool:
        """Whether a case passes by the same metrics on both sides; else its passing means something else."""
        return not (self.added_metrics or self.removed_metrics or self.changed_metrics)

    def sentences(self) -> tuple[str, ...]:
        """Say what is not compared, and why; empty when everything is."""
        judges = f" (judge changed: {_listed(self.changed_judges)})" if self.changed_judges else ""
        rubrics = f" (rubric changed: {_listed(self.changed_rubrics)})" if self.changed_rubrics else ""
        pairs = (
            (self.changed_metrics, f"Measured in another way than in the baseline{judges}{rubrics}"),
            (self.removed_metrics, "No longer measured"),
            (self.added_metrics, "Not in the baseline, judged by thresholds alone"),
            (self.changed_cases, "Cases that changed since the baseline and are not compared"),
            (self.removed_cases, "Removed cases"),
            (self.added_cases, "Added cases, judged by thresholds alone"),
        )
        return tuple(f"{label}: {_listed(names)}." for names, label in pairs if names)


def compare_yardsticks(base: Yardstick, candidate: Yardstick) -> Comparability:
    """Return what agrees and what does not."""
    cases, metrics = _sides(base.cases, candidate.cases), _sides(base.metrics, candidate.metrics)
    return Comparability(
        cases=cases.same,
        added_cases=cases.added,
        removed_cases=cases.removed,
        changed_cases=cases.changed,
        metrics=metrics.same,
        added_metrics=metrics.added,
        removed_metrics=metrics.removed,
        changed_metrics=metrics.changed,
        changed_rubrics=_sides(base.rubrics, candidate.rubrics).changed,
        changed_judges=_sides(base.judges, candidate.judges).changed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    same: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def _sides(base: Mapping[str, str], candidate: Mapping[str, str]) -> _Sides:
    common = sorted(base.keys() & candidate.keys())
    return _Sides(
        same=tuple(name for name in common if base[name] == candidate[name]),
        added=tuple(sorted(candidate.keys() - base.keys())),
        removed=tuple(sorted(base.keys() - candidate.keys())),
        changed=tuple(name for name in common if base[name] != candidate[name]),
    )


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
