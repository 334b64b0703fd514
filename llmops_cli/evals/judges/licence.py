"""Whether a judge may block: only with a calibration that is good enough, fits, is fresh, and has not drifted.

The limits are engineering judgement, informed by simulation: with 100 labels a judge of 90% true passes and 80% true
failures earns its licence in most cases, one of 85% and 70% in few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.calibration import LEAST_LABELS
from llmops_cli.evals.judges.judge_request import PROMPT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.judges.calibration import Calibration

LEAST_TRUE_RATE = 0.70
LEAST_KAPPA = 0.4
LEAST_STEADY = 0.95
LABELS_STAY_FRESH = timedelta(days=90)
DRIFT_ALPHA = 0.01
_LEAST_NOISE = 0.02


class LicenceState(StrEnum):
    """What a judge's calibration is worth now."""

    UNCALIBRATED = "uncalibrated"
    CALIBRATED = "calibrated"
    STALE = "stale"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The state, with every reason in a sentence. Only a calibrated judge may block; a drifted one measures nothing."""

    state: LicenceState
    reasons: tuple[str, ...] = ()

    @property
    def may_block(self) -> bool:
        """Whether a gate may block on what the judge says; otherwise it only warns."""
        return self.state is LicenceState.CALIBRATED

    @property
    def valid(self) -> bool:
        """Whether the judge's scores mean anything; those of a drifted judge do not."""
        return self.state is not LicenceState.DRIFTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The anchors judged again: how many verdicts flipped, and how many turned from right to wrong and back."""

    anchors: int
    flipped: int
    broken: int
    mended: int
    flip_p: float
    worse_p: float

    @property
    def drifted(self) -> bool:
        """Whether the judge is another one than was calibrated, beyond its own noise."""
        return min(self.flip_p, self.worse_p) <= DRIFT_ALPHA


def judge_licence(
    calibration: Calibration | None,
    *,
    rubric_digest: str,
    judge: JsonObject,
    now: datetime,
    drift: Drift | None = None,
    pairwise: bool = False,
) -> Licence:
    """Return what a judge may do under a rubric; `judge` is `JudgeModel.as_json()` of who would judge now."""
    if calibration is None:
        return Licence(state=LicenceState.UNCALIBRATED, reasons=("there is no calibration against human labels",))
    if stale := tuple(_stale(calibration, rubric_digest, judge, now)):
        return Licence(state=LicenceState.STALE, reasons=stale)
    if drift is not None and drift.drifted:
        told = f"{drift.flipped} of {drift.anchors} anchors changed their verdict: the judge changed, not the prompt"
        return Licence(state=LicenceState.DRIFTED, reasons=(told,))
    if short := tuple(_shortcomings(calibration, pairwise=pairwise)):
        return Licence(state=LicenceState.UNCALIBRATED, reasons=short)
    return Licence(state=LicenceState.CALIBRATED)


def drift_of(calibration: Calibration, again: Mapping[str, tuple[bool, Mapping[str, str]]]) -> Drift:
    """Compare the anchors with their verdicts of now: id → whether it passed, and the answers.

    Two questions: are more verdicts different than the judge's own noise explains (binomial), and did more turn from
    right to wrong than back (McNemar, mid-p)? The second sees a worse judge, the first any other judge.
    """
    pairs = [(anchor, again[anchor.id]) for anchor in calibration.anchors if anchor.id in again]
    flipped = sum(dict(anchor.answers) != dict(answers) for anchor, (_, answers) in pairs)
    broken = sum(anchor.right and passed != anchor.passed for anchor, (passed, _) in pairs)
    mended = sum(not anchor.right and passed != anchor.passed for anchor, (passed, _) in pairs)
    noise = max(1 - calibration.steady.value, _LEAST_NOISE)
    return Drift(
        anchors=len(pairs),
        flipped=flipped,
        broken=broken,
        mended=mended,
        flip_p=_binomial_tail(flipped, len(pairs), noise),
        worse_p=_mid_p(broken, mended),
    )


def _stale(calibration: Calibration, rubric_digest: str, judge: JsonObject, now: datetime) -> Iterator[str]:
    if calibration.rubric_digest != rubric_digest:
        yield "the rubric changed since the calibration"
    changed = sorted(name for name in {*judge, *calibration.judge} if judge.get(name) != calibration.judge.get(name))
    if changed:
        told = ", ".join(f"{name} {calibration.judge.get(name)} → {judge.get(name)}" for name in changed)
        yield f"the judge changed since the calibration: {told}"
    if calibration.prompt_version != PROMPT_VERSION:
        yield "llmops asks judges in other words since the calibration"
    age = now - calibration.newest_label
    if age > LABELS_STAY_FRESH:
        yield f"the newest label is {age.days} days old; labels count for {LABELS_STAY_FRESH.days}"


def _shortcomings(calibration: Calibration, *, pairwise: bool) -> Iterator[str]:
    yield from _disagreements(calibration)
    if not calibration.steady.of:
        yield "no text was judged twice; calibrate with --rescores 3"
    elif calibration.steady.value < LEAST_STEADY:
        yield f"the same text gets the same verdict in {calibration.steady.value:.0%} of repeats; 95% are needed"
    if calibration.unreadable:
        yield f"{calibration.unreadable} of {calibration.labels} labelled outputs got no readable verdict"
    yield from _incoherences(calibration, pairwise=pairwise)


def _disagreements(calibration: Calibration) -> Iterator[str]:
    """Say where the judge and people part, or how few labels there are to tell."""
    if calibration.labels < LEAST_LABELS:
        yield f"{calibration.labels} labels; at least {LEAST_LABELS} are needed, better 100"
    for name, rate in (
        ("of what people pass, the judge passes", calibration.true_pass),
        ("of what people fail, the judge fails", calibration.true_fail),
    ):
        if rate.interval.lower < LEAST_TRUE_RATE:
            yield (
                f"{name} {rate.hits} of {rate.of}, at least {rate.interval.lower:.2f} for sure; "
                f"{LEAST_TRUE_RATE:.2f} is needed"
            )
    if calibration.kappa.interval.lower <= LEAST_KAPPA:
        yield (
            f"agreement beyond chance (kappa) is {calibration.kappa.value:.2f}, at least "
            f"{calibration.kappa.interval.lower:.2f} for sure; more than {LEAST_KAPPA} is needed"
        )


def _incoherences(calibration: Calibration, *, pairwise: bool) -> Iterator[str]:
    """Say where the judge contradicts itself."""
    for check in calibration.coherence:
        if not check.passed:
            limit = f"{'at most' if check.at_most else 'at least'} {check.limit:g}"
            measured = f"{check.rate:.2f} on {check.texts} texts" if check.texts else "not measured"
            yield f"coherence, {check.name}: {measured}; {limit} is needed"
    if pairwise and not any(check.name == "order" for check in calibration.coherence):
        yield "the order of compared texts was not tested; calibrate with --pairwise"


def _binomial_tail(hits: int, of: int, rate: float) -> float:
    """Return the probability of at least so many hits."""
    return min(math.fsum(math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(hits, of + 1)), 1.0)


def _mid_p(worse: int, better: int) -> float:
    """Return McNemar's one-sided mid-p value that things got worse."""
    total = worse + better
    if not total:
        return 1.0
    tail = math.fsum(math.comb(total, k) for k in range(worse + 1, total + 1)) + math.comb(total, worse) / 2
    return float(tail / 2**total)
