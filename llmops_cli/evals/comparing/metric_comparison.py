"""The metrics of two runs, decided one by one and corrected for being several.

What gates: every metric that was measured on all compared cases with the same yardstick. A metric that only
some cases have (their own `metrics:`) has too few of them to be decided alone; it counts through `all
metrics`, the share of trials that met every threshold. A metric whose scores are all 0 or 1 is pass/fail;
any other is compared by its scores, however its threshold turns out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.determinism import is_steady, repeated
from llmops_cli.evals.compare.gate import GateDecision, decide
from llmops_cli.evals.compare.holm import correct_for_several
from llmops_cli.evals.compare.sign_flip import sign_flip

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from llmops_cli.core.suites import GatePolicy
    from llmops_cli.evals.compare.comparability import Comparability
    from llmops_cli.evals.compare.gate import Kind
    from llmops_cli.evals.compare.sign_flip import SignFlip
    from llmops_cli.evals.comparing.measured_run import MeasuredRun

_PASS_OR_FAIL = frozenset({0.0, 1.0})

ALL_METRICS = "all metrics"
"""The name under which the share of trials that met every threshold is compared; no metric can have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One metric with its decision, which holds the means, intervals and reasons; one that `only_warns` is no gate."""

    name: str
    kind: Kind
    decision: GateDecision
    only_warns: bool = False

    def sign_flip(self) -> SignFlip:
        """Return the permutation test that is printed beside graded scores; it decides nothing."""
        return sign_flip(self.decision.differences)


def compare_metrics(
    base: MeasuredRun,
    candidate: MeasuredRun,
    comparability: Comparability,
    policy: GatePolicy,
    *,
    final: bool,
) -> tuple[MetricComparison, ...]:
    """Decide every gating metric, by name; `all metrics` last."""
    arms = _gating_arms(base, candidate, comparability, max(policy.looks))
    kinds = {name: _kind(*pair) for name, pair in arms.items()}
    decisions = {
        name: decide(
            before,
            after,
            margin=policy.margin,
            alpha=policy.alpha,
            resolution=policy.resolution,
            kind=kinds[name],
            cluster=_clusters(candidate, before),
            final=final,
            looks=policy.looks,
        )
        for name, (before, after) in arms.items()
    }
    decisions = correct_for_several(decisions, final=final)
    return tuple(MetricComparison(name=name, kind=kinds[name], decision=decisions[name]) for name in arms)


def compare_aside(
    base: MeasuredRun,
    candidate: MeasuredRun,
    comparability: Comparability,
    policy: GatePolicy,
    names: Collection[str],
) -> tuple[MetricComparison, ...]:
    """Return what these metrics would say, each for itself; they gate nothing."""
    these = replace(comparability, metrics=tuple(name for name in comparability.metrics if name in names))
    found = compare_metrics(base, candidate, these, policy, final=True) if these.metrics else ()
    return tuple(replace(metric, only_warns=True) for metric in found if metric.name != ALL_METRICS)


def steady_metrics(run: MeasuredRun) -> frozenset[str]:
    """Return the metrics that are declared deterministic and whose trials do not contradict it."""
    return frozenset(name for name in run.deterministic_metrics if is_steady(run.scores.get(name, {})))


def unsteady_metrics(run: MeasuredRun) -> tuple[str, ...]:
    """Return the metrics that are declared deterministic although their trials differ."""
    return tuple(sorted(run.deterministic_metrics - steady_metrics(run)))


def passes_of(run: MeasuredRun, times: int) -> Mapping[str, Sequence[bool]]:
    """Return per case whether each trial met every threshold, repeated where all its metrics are deterministic."""
    steady = bool(run.scores) and run.scores.keys() <= steady_metrics(run)
    return repeated(run.passed, times) if steady else run.passed


Arms = tuple["Mapping[str, Sequence[float]]", "Mapping[str, Sequence[float]]"]


def _gating_arms(
    base: MeasuredRun, candidate: MeasuredRun, comparability: Comparability, times: int
) -> dict[str, Arms]:
    compared = set(comparability.cases)
    arms: dict[str, Arms] = {}
    partial = False
    passes = _shared(passes_of(base, times), passes_of(candidate, times), compared)
    for name in comparability.metrics:
        pair = _shared(_trials(base, name, times), _trials(candidate, name, times), compared)
        if pair[0] and len(pair[0]) == len(passes[0]):
            arms[name] = pair
        else:
            partial = True
    if partial and passes[0] and comparability.same_bar:
        arms[ALL_METRICS] = passes
    return arms


def _trials(run: MeasuredRun, metric: str, times: int) -> Mapping[str, Sequence[float]]:
    trials = run.scores.get(metric, {})
    return repeated(trials, times) if metric in steady_metrics(run) else trials


def _shared(base: Mapping[str, Sequence[float]], candidate: Mapping[str, Sequence[float]], cases: set[str]) -> Arms:
    both = sorted(case for case in cases if base.get(case) and candidate.get(case))
    return {case: base[case] for case in both}, {case: candidate[case] for case in both}


def _kind(*arms: Mapping[str, Sequence[float]]) -> Kind:
    binary = all(_PASS_OR_FAIL.issuperset(trials) for arm in arms for trials in arm.values())
    return "binary" if binary else "score"


def _clusters(candidate: MeasuredRun, cases: Mapping[str, object]) -> Mapping[str, str] | None:
    labels = {case: candidate.clusters.get(case, "") for case in cases}
    return labels if any(labels.values()) else None
