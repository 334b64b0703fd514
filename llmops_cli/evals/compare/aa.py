"""A/A: a suite compared with itself, to learn how often its gate cries wolf and what it could see at all.

Under A/A all trials of a case are alike, whichever arm they ran in. So they are pooled and dealt out again,
hundreds of times, seeded: every deal is one comparison in which nothing changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.gate import DEFAULT_LOOKS, GateVerdict, decide
from llmops_cli.evals.compare.wilson import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.compare.gate import Kind
    from llmops_cli.evals.compare.intervals import Interval

DEALS = 400
POWER = 0.8
POWER_DEALS = 100
FEWEST_TRIALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfComparison:
    """What a suite's own noise does to its gate; shares of 1.

    `flip_rate` is the chance that two trials of the same case differ (for graded scores: by how much, on
    average). `false_alarm_rate` is the share of no-change comparisons that were called a regression,
    `single_run_alarm_rate` that of "the mean of one run dropped by more than the margin".
    `smallest_visible_drop` is the smallest drop by wholly broken cases that is called a regression four
    times out of five, None when even all of them would not be.
    """

    cases: int
    trials: int
    flip_rate: float
    false_alarm_rate: float
    false_alarm_interval: Interval
    single_run_alarm_rate: float
    green_rate: float
    smallest_visible_drop: float | None


def compare_with_itself(  # noqa: PLR0913 - the same numbers of the policy as in the gate
    trials: Sequence[Sequence[float]],
    *,
    margin: float = 0.05,
    alpha: float = 0.05,
    resolution: float = 0.15,
    kind: Kind = "binary",
    looks: Sequence[int] = DEFAULT_LOOKS,
    seed: int = 20_261_123,
) -> SelfComparison:
    """Return what the pooled trials of one unchanged prompt, per case, say about its gate.

    Each deal gives the candidate as many trials as the last look has, or half of them where there are
    fewer than ten.

    Raises:
        ValueError: when there is no case, or a case has fewer than two trials.
    """
    if not trials or min(map(len, trials)) < FEWEST_TRIALS:
        message = "an A/A comparison needs at least two trials of every case"
        raise ValueError(message)
    table = _Table(trials, margin, alpha, resolution, kind, tuple(looks))
    random = Random(seed)  # noqa: S311 - a simulation, not a secret
    deals = [table.deal(random) for _ in range(DEALS)]
    verdicts = [table.verdict(*deal) for deal in deals]
    alarms = verdicts.count(GateVerdict.BLOCK)
    return SelfComparison(
        cases=len(trials),
        trials=sum(map(len, trials)),
        flip_rate=flip_rate(trials),
        false_alarm_rate=alarms / DEALS,
        false_alarm_interval=wilson_interval(alarms, DEALS),
        single_run_alarm_rate=sum(_single_run_drops(base, cand, margin) for base, cand in deals) / DEALS,
        green_rate=verdicts.count(GateVerdict.PASS) / DEALS,
        smallest_visible_drop=table.smallest_visible_drop(random),
    )


def flip_rate(trials: Sequence[Sequence[float]]) -> float:
    """Return the mean absolute difference of two trials of the same case, over all pairs of every case."""
    shares = []
    for row in trials:
        ordered = sorted(row)
        number = len(ordered)
        # every value counts with plus for each smaller one and minus for each larger one
        total = math.fsum(value * (2 * rank - number + 1) for rank, value in enumerate(ordered))
        shares.append(total / (number * (number - 1) / 2))
    return math.fsum(shares) / len(shares)


Rows = list[list[float]]


@dataclass(frozen=True, slots=True)
class _Table:
    trials: Sequence[Sequence[float]]
    margin: float
    alpha: float
    resolution: float
    kind: Kind
    looks: tuple[int, ...]

    def deal(self, random: Random) -> tuple[Rows, Rows]:
        """Deal the trials of every case out into a baseline and a candidate."""
        base, candidate = [], []
        for row in self.trials:
            mixed = random.sample(list(row), len(row))
            own = min(self.looks[-1], len(row) // 2)
            candidate.append(mixed[:own])
            base.append(mixed[own:])
        return base, candidate

    def verdict(self, base: Rows, candidate: Rows) -> GateVerdict:
        """Walk through the looks as a real comparison does."""
        most = max(map(len, candidate))
        for look in (look for look in self.looks if look < most):
            verdict = self._decided(base, [row[:look] for row in candidate], final=False)
            if verdict is not GateVerdict.CONTINUE:
                return verdict
        return self._decided(base, candidate, final=True)

    def _decided(self, base: Rows, candidate: Rows, *, final: bool) -> GateVerdict:
        decision = decide(
            base,
            candidate,
            margin=self.margin,
            alpha=self.alpha,
            resolution=self.resolution,
            kind=self.kind,
            final=final,
            looks=self.looks,
        )
        return decision.verdict

    def smallest_visible_drop(self, random: Random) -> float | None:
        """Break more and more of the cases that score best until the gate sees it in 80% of the deals."""
        best_first = sorted(range(len(self.trials)), key=lambda case: -math.fsum(self.trials[case]))
        unseen, seen = 0, len(best_first)
        if not self._sees(best_first, random):
            return None
        while seen - unseen > 1:
            middle = (unseen + seen) // 2
            unseen, seen = (unseen, middle) if self._sees(best_first[:middle], random) else (middle, seen)
        lost = math.fsum(math.fsum(self.trials[case]) / len(self.trials[case]) for case in best_first[:seen])
        return lost / len(self.trials)

    def _sees(self, broken: Sequence[int], random: Random) -> bool:
        found = 0
        for _ in range(POWER_DEALS):
            base, candidate = self.deal(random)
            for case in broken:
                candidate[case] = [0.0] * len(candidate[case])
            found += self.verdict(base, candidate) is GateVerdict.BLOCK
        return found >= POWER * POWER_DEALS


def _single_run_drops(base: Rows, candidate: Rows, margin: float) -> bool:
    change = math.fsum(new[0] - old[0] for old, new in zip(base, candidate, strict=True)) / len(base)
    return change < -margin - 1e-12
