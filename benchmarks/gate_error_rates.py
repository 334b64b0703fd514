"""How often the gate errs on models of noise that its constants were not chosen on.

The first row is the model of the table in docs/guide/gate.md; each other row changes one thing: how unevenly cases
flip, how many are right, how many an edit exchanges, graded scores, cases in clusters. The truth is the expected
change on these very cases; what is counted is blocked though it is not negative / passed though it is below -5 points /
passed when it is not negative.

python benchmarks/gate_error_rates.py [SUITES]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from llmops_cli.evals.compare.gate import DEFAULT_LOOKS, GateVerdict, decide

BASELINE_TRIALS, MOST_TRIALS = 5, DEFAULT_LOOKS[-1]
DROPS = (0.0, 0.05, 0.10, 0.20)
SUITES = 1000

Random = np.random.Generator
Flips = Callable[[int, Random], np.ndarray]


def very_uneven(cases: int, random: Random) -> np.ndarray:
    return np.minimum(random.beta(0.25, 4.75, cases), 0.5)


def uneven(cases: int, random: Random) -> np.ndarray:
    return np.minimum(random.beta(1, 19, cases), 0.5)


def even(cases: int, random: Random) -> np.ndarray:
    del random
    return np.full(cases, 0.05)


def coins(cases: int, random: Random) -> np.ndarray:
    return np.where(random.random(cases) < 0.1, 0.5, 0.0)


def twice(cases: int, random: Random) -> np.ndarray:
    return np.minimum(random.beta(0.5, 4.5, cases), 0.5)


@dataclass(frozen=True, kw_only=True)
class World:
    """`right` of the cases are answered right, an edit breaks and mends `churn` of them; `flips` per trial and case.

    `cluster` cases share their fate; `noise` is the standard deviation of graded scores, 0 for pass and fail.
    """

    name: str
    flips: Flips = very_uneven
    right: float = 0.85
    churn: float = 0.03
    cluster: int = 1
    noise: float = 0.0

    @property
    def kind(self) -> Literal["binary", "score"]:
        """How trials are scored."""
        return "score" if self.noise else "binary"

    def suite(self, cases: int, drop: float, random: Random) -> tuple[np.ndarray, np.ndarray]:
        """Return the expected score of every case under baseline and candidate."""
        if self.noise:
            base = np.clip(random.normal(0.75, 0.15, cases), 0.2, 0.95)
            return base, np.clip(base - drop + random.normal(0, 0.05, cases), 0.0, 1.0)
        flips = self.flips(cases, random)
        groups = np.arange(cases) // self.cluster
        right = random.random(groups[-1] + 1)[groups] < self.right
        moved = random.random(groups[-1] + 1)[groups]
        after = np.where(right, moved >= (self.churn + drop) / self.right, moved < self.churn / (1 - self.right))
        return np.where(right, 1 - flips, flips), np.where(after, 1 - flips, flips)

    def trials(self, expected: np.ndarray, number: int, random: Random) -> np.ndarray:
        """Return so many scores of every case."""
        if self.noise:
            noisy = np.clip(random.normal(expected[:, None], self.noise, (len(expected), number)), 0, 1)
            return np.asarray(noisy.round(3))
        return (random.random((len(expected), number)) < expected[:, None]).astype(float)


WORLDS = (
    World(name="the guide's table: Beta(0.25, 4.75) flips"),
    World(name="flips less uneven: Beta(1, 19)", flips=uneven),
    World(name="every case flips 5%", flips=even),
    World(name="a tenth of the cases are coins", flips=coins),
    World(name="flips 10%: Beta(0.5, 4.5)", flips=twice),
    World(name="half of the cases right", right=0.50),
    World(name="95% right", right=0.95, churn=0.02),
    World(name="an edit exchanges 10% each way", churn=0.10),
    World(name="an edit exchanges nothing", churn=0.0),
    World(name="clusters of 3 cases", cluster=3),
    World(name="graded scores, judge sd 0.05", noise=0.05),
    World(name="graded scores, judge sd 0.15", noise=0.15),
)


def gated(world: World, base: np.ndarray, candidate: np.ndarray) -> tuple[GateVerdict, int]:
    """Look by look, as the gate does."""
    clusters = (np.arange(len(base)) // world.cluster).tolist() if world.cluster > 1 else None
    before, after = base.tolist(), candidate.tolist()
    for look in DEFAULT_LOOKS:
        seen = [row[:look] for row in after]
        found = decide(before, seen, kind=world.kind, cluster=clusters, final=look == MOST_TRIALS).verdict
        if found is not GateVerdict.CONTINUE:
            return found, look
    raise AssertionError


def percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f}" if of else "–"


def measured(world: World, cases: int, suites: int) -> str:
    """Return the three rates of the gate and of the naive rule, and the trials the gate took."""
    random = np.random.default_rng(20_261_126 + cases)
    fine = blocked = green = worse = missed = naive_blocked = naive_missed = trials = 0
    for drop in DROPS * suites:
        before, after = world.suite(cases, drop, random)
        base, candidate = (
            world.trials(before, BASELINE_TRIALS, random),
            world.trials(after, MOST_TRIALS, random),
        )
        verdict, looks = gated(world, base, candidate)
        naive = float((candidate[:, 0] - base[:, 0]).mean()) < -0.05 - 1e-9
        truth = float((after - before).mean())
        if truth >= -1e-12:
            fine += 1
            trials += looks
            blocked += verdict is GateVerdict.BLOCK
            green += verdict is GateVerdict.PASS
            naive_blocked += naive
        elif truth < -0.05 - 1e-12:
            worse += 1
            missed += verdict is GateVerdict.PASS
            naive_missed += not naive
    ours = f"{percent(blocked, fine)} / {percent(missed, worse)} / {percent(green, fine)}"
    return f"{ours} | {percent(naive_blocked, fine)} / {percent(naive_missed, worse)} | {trials / max(fine, 1):.1f}"


def main() -> None:
    """Print one row per world and size."""
    suites = int(sys.argv[1]) if len(sys.argv) > 1 else SUITES
    print(
        "| model of noise | cases | gate: false block / silent miss / green, % | drop over 5 points, one run | trials |"
    )
    print("| --- | --: | --- | --- | --: |")
    for world in WORLDS:
        for cases in (30, 50):
            print(f"| {world.name} | {cases} | {measured(world, cases, suites)} |", flush=True)


if __name__ == "__main__":
    main()
