"""The decision about one metric: did the candidate make the answers worse, and by more than is tolerated?

The procedure, its operating characteristics and worked examples are in docs/guide/gate.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import fsum
from typing import TYPE_CHECKING, Literal

from llmops_cli.evals.compare.evidence import NOISE, Evidence
from llmops_cli.evals.compare.intervals import (
    PSEUDO_DIFFERENCE,
    Interval,
    population_estimate,
    suite_estimate,
)
from llmops_cli.evals.compare.pairing import pair
from llmops_cli.evals.compare.reasons import explain
from llmops_cli.evals.compare.variance import candidate_variance, pooled_variance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.compare.pairing import Clusters, Trials

DEFAULT_LOOKS = (1, 2, 3, 5)
LOOKS_SHARE = 2.5
"""With more than one look alpha is divided by this; found by simulation on least-favourable configurations."""

Kind = Literal["binary", "score"]


class GateVerdict(StrEnum):
    """What one look at one metric comes to; `continue` asks for the next look."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    BLOCK = "block"
    CONTINUE = "continue"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """A verdict with all that it rests on. Changes are fractions of the score scale, negative is worse.

    `regression_p` is the smallest per-look alpha at which this metric would count as a regression;
    corrections for several metrics work on it. `differences` are those of the cases, candidate minus
    baseline, in the order of the cases given.
    """

    verdict: GateVerdict
    improved: bool
    delta: float
    suite_interval: Interval
    population_interval: Interval
    reasons: tuple[str, ...]
    cases: int
    clusters: int
    candidate_trials: int
    base_variance: float
    candidate_variance: float
    regression_p: float
    alpha_per_look: float
    base_mean: float
    candidate_mean: float
    differences: tuple[float, ...] = field(compare=False, repr=False)


def decide(  # noqa: PLR0913 - the policy's numbers are spelled out, so that a call reads as a sentence
    base: Trials,
    cand: Trials,
    *,
    margin: float = 0.05,
    alpha: float = 0.05,
    resolution: float = 0.15,
    kind: Kind = "binary",
    cluster: Clusters = None,
    final: bool = True,
    looks: Sequence[int] = DEFAULT_LOOKS,
) -> GateDecision:
    """Decide about one metric from the trials of the same cases under baseline and candidate.

    Args:
        base: per case the scores of the stored trials, in [0, 1]; by position or by case id.
        cand: per case the scores of the candidate's trials so far, same cases.
        margin: the drop that is tolerated on these cases, as a fraction of the scale.
        alpha: the share of wrong decisions that is tolerated, over all looks together.
        resolution: the drop in production that a pass must rule out.
        kind: `binary` for pass and fail, `score` for graded scores.
        cluster: per case the cluster it belongs to, where cases are not independent.
        final: whether no look follows; then the answer is never `continue`.
        looks: the numbers of candidate trials at which a decision is tried; more than one of them
            divides alpha.

    Raises:
        ValueError: when the arms do not match, a score is not a number in [0, 1], or a number of the
            policy makes no sense.
    """
    _check_policy(margin, alpha, resolution, kind)
    pairing = pair(base, cand, cluster)
    per_look = alpha / LOOKS_SHARE if len(looks) > 1 else alpha
    if pairing.cases == 0:
        return _nothing_compared(per_look)
    v_base, v_candidate = pooled_variance(pairing.base), candidate_variance(pairing)
    suite = suite_estimate(pairing, v_base, v_candidate)
    population = population_estimate(pairing, kind)
    evidence = Evidence(
        pairing=pairing,
        base_variance=v_base,
        candidate_variance=v_candidate,
        suite=suite,
        population=population,
        suite_interval=suite.interval(per_look),
        population_interval=population.interval(per_look),
        alpha_per_look=per_look,
        alpha=alpha,
        margin=margin,
        resolution=resolution,
        pseudo_difference=PSEUDO_DIFFERENCE[kind],
    )
    verdict = _verdict(evidence, final=final)
    return GateDecision(
        verdict=verdict,
        improved=evidence.suite_interval.lower > NOISE,
        delta=suite.centre,
        suite_interval=evidence.suite_interval,
        population_interval=evidence.population_interval,
        reasons=explain(evidence, verdict.value),
        cases=pairing.cases,
        clusters=population.freedom + 1,
        candidate_trials=pairing.candidate.trials,
        base_variance=v_base,
        candidate_variance=v_candidate,
        regression_p=evidence.regression_p,
        alpha_per_look=per_look,
        base_mean=fsum(pairing.base.means) / pairing.cases,
        candidate_mean=fsum(pairing.candidate.means) / pairing.cases,
        differences=pairing.differences,
    )


def _verdict(evidence: Evidence, *, final: bool) -> GateVerdict:
    if evidence.passes:
        return GateVerdict.PASS
    if evidence.regression_p < evidence.alpha_per_look:
        return GateVerdict.BLOCK
    return GateVerdict.INCONCLUSIVE if final else GateVerdict.CONTINUE


def _nothing_compared(per_look: float) -> GateDecision:
    nothing = Interval(-1.0, 1.0)
    return GateDecision(
        verdict=GateVerdict.INCONCLUSIVE,
        improved=False,
        delta=0.0,
        suite_interval=nothing,
        population_interval=nothing,
        reasons=("NOT RUN: there is no case to compare.",),
        cases=0,
        clusters=0,
        candidate_trials=0,
        base_variance=0.0,
        candidate_variance=0.0,
        regression_p=1.0,
        alpha_per_look=per_look,
        base_mean=0.0,
        candidate_mean=0.0,
        differences=(),
    )


def _check_policy(margin: float, alpha: float, resolution: float, kind: str) -> None:
    limits = {"margin": (margin, 1.0), "alpha": (alpha, 0.5), "resolution": (resolution, 1.0)}
    for name, (value, most) in limits.items():
        if not 0 < value <= most:
            message = f"{name} lies above 0 and at most at {most:g}, not at {value}"
            raise ValueError(message)
    if kind not in ("binary", "score"):
        message = f"kind is 'binary' or 'score', not {kind!r}"
        raise ValueError(message)
