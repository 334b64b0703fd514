"""The gate's error rates, simulated with fixed seeds and held against the table in docs/guide/gate.md.

The model of the table: 85% of the cases are answered right, a neutral edit mends 3% of the cases and
breaks 3%, a worse edit breaks more; from run to run a case flips with a probability of its own, 5% on
average and very uneven (Beta(0.25, 4.75)). The truth is the expected change on these very cases.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmops_cli.evals.compare.gate import DEFAULT_LOOKS, GateVerdict, decide

BASELINE_TRIALS = 5
STANDARD_ERRORS = 3.5


@dataclass(frozen=True)
class Suite:
    """Per case the chance to pass under baseline and candidate."""

    base: np.ndarray
    candidate: np.ndarray

    @property
    def truth(self) -> float:
        return float((self.candidate - self.base).mean())


def drawn(chances: np.ndarray, trials: int, random: np.random.Generator) -> list[list[float]]:
    rows: list[list[float]] = (random.random((len(chances), trials)) < chances[:, None]).astype(float).tolist()
    return rows


def gated(base: list[list[float]], candidate: list[list[float]]) -> tuple[GateVerdict, int]:
    for look in DEFAULT_LOOKS:
        seen = [row[:look] for row in candidate]
        decision = decide(base, seen, final=look == DEFAULT_LOOKS[-1])
        if decision.verdict is not GateVerdict.CONTINUE:
            return decision.verdict, look
    raise AssertionError


def edited_suite(cases: int, drop: float, random: np.random.Generator) -> Suite:
    flips = np.minimum(random.beta(0.25, 4.75, cases), 0.5)
    right = random.random(cases) < 0.85
    moved = random.random(cases)
    right_after = np.where(right, moved >= (0.03 + drop) / 0.85, moved < 0.03 / 0.15)
    return Suite(np.where(right, 1 - flips, flips), np.where(right_after, 1 - flips, flips))


def share(hits: int, of: int) -> float:
    return hits / of


def near(expected: float, of: int, model_error: float) -> float:
    """How far a simulated share may lie from the table's: chance, plus the table's own rounding and model."""
    return STANDARD_ERRORS * math.sqrt(expected * (1 - expected) / of) + model_error


@pytest.mark.parametrize(
    ("cases", "false_block", "silent_miss", "green", "naive_false_block", "naive_silent_miss"),
    [(30, 0.008, 0.001, 0.76, 0.082, 0.124), (50, 0.004, 0.001, 0.93, 0.049, 0.105)],
)
def test_the_error_rates_are_those_of_the_table(
    cases: int,
    false_block: float,
    silent_miss: float,
    green: float,
    naive_false_block: float,
    naive_silent_miss: float,
) -> None:
    random = np.random.default_rng(20261123 + cases)
    fine = blocked = passed = naive_blocked = 0
    worse = missed = naive_missed = 0
    for _ in range(1200):
        for drop in (0.0, 0.05, 0.10, 0.20):
            suite = edited_suite(cases, drop, random)
            base, candidate = drawn(suite.base, BASELINE_TRIALS, random), drawn(suite.candidate, 5, random)
            verdict, _look = gated(base, candidate)
            naive = sum(c[0] - b[0] for b, c in zip(base, candidate, strict=True)) / cases < -0.05 - 1e-9
            if suite.truth >= -1e-12:
                fine += 1
                blocked += verdict is GateVerdict.BLOCK
                passed += verdict is GateVerdict.PASS
                naive_blocked += naive
            elif suite.truth < -0.05 - 1e-12:
                worse += 1
                missed += verdict is GateVerdict.PASS
                naive_missed += not naive
    assert abs(share(blocked, fine) - false_block) < near(false_block, fine, 0.001)
    assert abs(share(missed, worse) - silent_miss) < near(silent_miss, worse, 0.001)
    assert abs(share(passed, fine) - green) < near(green, fine, 0.01)
    # the rule the gate is compared with comes out as in the table too, so the model is the same one
    assert abs(share(naive_blocked, fine) - naive_false_block) < near(naive_false_block, fine, 0.01)
    assert abs(share(naive_missed, worse) - naive_silent_miss) < near(naive_silent_miss, worse, 0.02)


def rate(suite: Suite, verdict: GateVerdict, runs: int, seed: int) -> float:
    random = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        base, candidate = drawn(suite.base, BASELINE_TRIALS, random), drawn(suite.candidate, 5, random)
        hits += gated(base, candidate)[0] is verdict
    return hits / runs


def uniform(cases: int, base: float, candidate: float) -> Suite:
    return Suite(np.full(cases, base), np.full(cases, candidate))


def partly(cases: int, touched: int, before: tuple[float, float], after: tuple[float, float]) -> Suite:
    """The first `touched` cases have the first chance, the rest the second."""

    def chances(pair: tuple[float, float]) -> np.ndarray:
        return np.where(np.arange(cases) < touched, pair[0], pair[1])

    return Suite(chances(before), chances(after))


@pytest.mark.parametrize(
    "suite",
    [
        uniform(30, 0.98, 0.98),
        uniform(30, 0.9, 0.9),
        uniform(30, 0.5, 0.5),
        uniform(100, 0.98, 0.98),
        uniform(100, 0.9, 0.9),
        partly(30, 6, (0.5, 1.0), (0.5, 1.0)),
        partly(50, 3, (0.9, 1.0), (0.9, 1.0)),
        # some cases lost for good and as many gained: nothing changed in sum
        partly(30, 15, (1.0, 0.9), (0.9, 1.0)),
    ],
    ids=["2% flaky", "10% flaky", "coin flips", "100 at 2%", "100 at 10%", "six coins", "three at 10%", "exchange"],
)
def test_a_prompt_that_did_not_change_is_rarely_blocked(suite: Suite) -> None:
    assert suite.truth == pytest.approx(0)
    runs = 800
    limit = 0.046
    assert rate(suite, GateVerdict.BLOCK, runs, seed=7) <= limit + STANDARD_ERRORS * math.sqrt(limit / runs)


@pytest.mark.parametrize(
    ("suite", "limit"),
    [
        (uniform(30, 0.95, 0.90), 0.07),
        (uniform(50, 0.55, 0.50), 0.07),
        (uniform(100, 0.90, 0.85), 0.07),
        (uniform(100, 0.98, 0.93), 0.093),
        (partly(40, 2, (1.0, 1.0), (0.0, 1.0)), 0.015),
        (partly(100, 5, (1.0, 1.0), (0.0, 1.0)), 0.015),
        (partly(100, 5, (1.0, 0.95), (0.0, 0.95)), 0.07),
    ],
    ids=[
        "30 uniform",
        "50 coins",
        "100 uniform",
        "100 from 2% to 7%",
        "two dead of 40",
        "five dead of 100",
        "five dead, the rest flaky",
    ],
)
def test_a_drop_of_exactly_the_margin_rarely_passes(suite: Suite, limit: float) -> None:
    assert suite.truth == pytest.approx(-0.05)
    runs = 800
    assert rate(suite, GateVerdict.PASS, runs, seed=11) <= limit + STANDARD_ERRORS * math.sqrt(limit / runs)


def test_the_error_rates_hold_on_models_of_noise_that_nothing_was_tuned_on(monkeypatch: pytest.MonkeyPatch) -> None:
    script = benchmark("gate_error_rates", monkeypatch)
    rates = {world.name: script.measured(world, 30, 40) for world in script.WORLDS}
    assert len(rates) == 12
    for name, row in rates.items():
        false_block, silent_miss, _ = (float(cell) for cell in row.partition("|")[0].split(" / "))
        # some 40 changes that are fine and 120 that are not: the nominal 5%, and 1%, with 3.5 standard errors
        assert false_block <= 100 * (0.05 + near(0.05, 40, 0)), name
        assert silent_miss <= 100 * (0.01 + near(0.01, 120, 0)), name


def benchmark(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a benchmark's module."""
    path = Path(__file__).parents[3] / "benchmarks" / f"{name}.py"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module
