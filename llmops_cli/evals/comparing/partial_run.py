"""A run of a part of a suite held against the same part of its baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.comparing.measured_run import MeasuredRun


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What the caller chose not to run, of what the suite has now: cases by id, metrics by name."""

    cases: frozenset[str]
    metrics: frozenset[str]
    of_cases: int

    def sentence(self) -> str:
        """Say how much of the suite was run; empty when all of it was."""
        parts = []
        if self.cases:
            parts.append(f"{self.of_cases - len(self.cases)} of {self.of_cases} cases were run")
        if self.metrics:
            parts.append(f"not measured: {', '.join(sorted(self.metrics))}")
        told = "; ".join(parts)
        return f"{told[0].upper()}{told[1:]}. The verdict is about this part alone." if told else ""


def left_out(suite: Suite, run: MeasuredRun) -> LeftOut:
    """Return what of the suite a run does not hold; what the suite no longer has was not left out, it is gone."""
    metrics = {spec.name for case in suite.cases for spec in case.metrics} | {spec.name for spec in suite.metrics}
    return LeftOut(
        cases=frozenset(case.id for case in suite.cases) - run.yardstick.cases.keys(),
        metrics=frozenset(metrics) - run.yardstick.metrics.keys(),
        of_cases=len(suite.cases),
    )


def same_part(base: MeasuredRun, left: LeftOut) -> MeasuredRun:
    """Return the baseline without what was left out; it has no score of its own any more."""
    if not left.cases and not left.metrics:
        return base

    def kept(case: str) -> bool:
        return case not in left.cases

    yardstick = replace(
        base.yardstick,
        cases={case: digest for case, digest in base.yardstick.cases.items() if kept(case)},
        metrics={name: digest for name, digest in base.yardstick.metrics.items() if name not in left.metrics},
    )
    scores = {
        name: {case: trials for case, trials in cases.items() if kept(case)}
        for name, cases in base.scores.items()
        if name not in left.metrics
    }
    return replace(
        base,
        score=None,
        yardstick=yardstick,
        scores=scores,
        passed={case: trials for case, trials in base.passed.items() if kept(case)},
        passed_without_judges={case: trials for case, trials in base.passed_without_judges.items() if kept(case)},
        critical_cases=frozenset(filter(kept, base.critical_cases)),
        clusters={case: cluster for case, cluster in base.clusters.items() if kept(case)},
    )
