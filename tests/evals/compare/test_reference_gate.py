"""The decision against a second, independent implementation of the written procedure, on thousands of inputs.

They are drawn to be awkward: 1 to 1,000 cases, 1 to 8 trials and one baseline trial, suites that pass or fail as a
whole, dead and mended cases, graded scores, clusters, trials that were lost, small and large margins.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from evals.compare.reference_gate import ReferenceRules, reference_decide

from llmops_cli.evals.compare.gate import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evals.compare.reference_gate import ReferenceDecision

    from llmops_cli.evals.compare.gate import GateDecision

Rows = list[list[float]]
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Question:
    """One call of the decision."""

    base: Rows
    cand: Rows
    policy: Mapping[str, Any]


def drawn_question(random: np.random.Generator) -> Question:
    cases = int(random.choice([1, 2, 3, 4, 5, 8, 12, 20, 30, 47, 60, 100]))
    kind = str(random.choice(["binary", "score"]))
    before = [
        np.ones(cases),
        np.zeros(cases),
        np.full(cases, 0.9),
        random.random(cases),
        np.where(random.random(cases) < 0.85, 0.97, 0.05),
    ][int(random.integers(5))]
    lost = float(random.choice([0, 0, 0.05, 0.1, 0.3, 1.0]))
    after = np.where(random.random(cases) < lost, 1 - before, before)
    lossy = random.random() < 0.3
    return Question(
        base=drawn_arm(before, int(random.integers(1, 7)), random, kind=kind, lossy=lossy),
        cand=drawn_arm(after, int(random.choice([1, 2, 3, 4, 5, 8])), random, kind=kind, lossy=lossy),
        policy={
            "margin": float(random.choice([0.01, 0.03, 0.05, 0.1, 0.2])),
            "alpha": float(random.choice([0.01, 0.05, 0.1])),
            "resolution": float(random.choice([0.05, 0.15, 0.3])),
            "kind": kind,
            "cluster": random.integers(0, max(1, cases // 2), cases).tolist() if random.random() < 0.3 else None,
            "final": bool(random.random() < 0.5),
        },
    )


def drawn_arm(chances: np.ndarray, trials: int, random: np.random.Generator, *, kind: str, lossy: bool) -> Rows:
    rows: Rows = []
    for chance in chances:
        count = int(random.integers(1, trials + 1)) if lossy else trials
        if kind == "binary":
            row = (random.random(count) < chance).astype(float)
        else:
            row = np.clip(random.normal(chance, float(random.choice([0.05, 0.05, 0.3])), count), 0, 1)
        rows.append(row.tolist())
    return rows


def differences(said: GateDecision, expected: ReferenceDecision) -> list[str]:
    """Every number and the verdict in which the two are not the same."""
    pairs = {
        "delta": (said.delta, expected.drop),
        "suite lower": (said.suite_interval.lower, expected.suite[0]),
        "suite upper": (said.suite_interval.upper, expected.suite[1]),
        "population lower": (said.population_interval.lower, expected.population[0]),
        "population upper": (said.population_interval.upper, expected.population[1]),
    }
    apart = [
        f"{name}: {ours} against {theirs}"
        for name, (ours, theirs) in pairs.items()
        if math.isfinite(theirs) and abs(ours - theirs) > ROUNDING
    ]
    if said.verdict != expected.verdict:
        apart.append(f"verdict: {said.verdict} against {expected.verdict}")
    return apart


@pytest.mark.parametrize("seed", range(3))
def test_thousands_of_awkward_inputs_are_decided_alike(seed: int) -> None:
    random = np.random.default_rng(20261126 + seed)
    seen: Counter[str] = Counter()
    for _ in range(700):
        question = drawn_question(random)
        expected = reference_decide(question.base, question.cand, ReferenceRules(**question.policy))
        apart = differences(decide(question.base, question.cand, **question.policy), expected)
        assert not apart, (apart, question)
        seen[expected.verdict] += 1
    # all four verdicts came up often enough to mean something
    assert min(seen[verdict] for verdict in ("pass", "block", "inconclusive", "continue")) > 50


@pytest.mark.parametrize(
    ("cases", "base_trials", "candidate_trials", "margin"),
    [*product([1, 2, 3, 20], [1, 5], [1, 2, 3, 5], [0.01, 0.05, 0.1]), (1000, 1, 1, 0.01), (1000, 5, 2, 0.1)],
)
def test_suites_that_pass_or_fail_as_a_whole_are_decided_alike(
    cases: int, base_trials: int, candidate_trials: int, margin: float
) -> None:
    for before, after in product([0.0, 1.0], repeat=2):
        base, cand = [[before] * base_trials] * cases, [[after] * candidate_trials] * cases
        for kind, final in product(("binary", "score"), (True, False)):
            said = decide(base, cand, margin=margin, kind=kind, final=final)  # type: ignore[arg-type]
            rules = ReferenceRules(margin=margin, kind=kind, final=final)
            assert not differences(said, reference_decide(base, cand, rules))


def test_a_drop_of_exactly_the_margin_is_not_more_than_the_margin() -> None:
    for cases, dead, margin in ((20, 1, 0.05), (100, 1, 0.01), (100, 5, 0.05), (30, 3, 0.1)):
        base = [[1.0] * 5] * cases
        cand = [[0.0] * 5] * dead + [[1.0] * 5] * (cases - dead)
        assert decide(base, cand, margin=margin).verdict != "block"


FORMS: dict[str, Callable[[Rows], Any]] = {
    "tuples": lambda rows: tuple(map(tuple, rows)),
    "a deque of tuples": lambda rows: deque(map(tuple, rows)),
    "whole numbers": lambda rows: [list(map(int, row)) for row in rows],
    "bools": lambda rows: [list(map(bool, row)) for row in rows],
    "fractions": lambda rows: [list(map(Fraction, row)) for row in rows],
    "an array": np.array,
    "an array of bools": lambda rows: np.array(rows, dtype=bool),
    "an array of bytes": lambda rows: np.array(rows, dtype=np.uint8),
    "an array of 16 bits": lambda rows: np.array(rows, dtype=np.float16),
    "an array of 32 bits": lambda rows: np.array(rows, dtype=np.float32),
    "a list of arrays": lambda rows: [np.array(row) for row in rows],
    "numpy's own numbers": lambda rows: [[np.float64(score) for score in row] for row in rows],
    "numpy's own bools": lambda rows: [[np.bool_(score) for score in row] for row in rows],
    "by id": lambda rows: {f"case-{index}": row for index, row in enumerate(rows)},
    "by number": lambda rows: dict(enumerate(rows)),
    "by ids of several kinds": lambda rows: {
        (index if index % 2 else f"c{index}"): row for index, row in enumerate(rows)
    },
    "by id, arrays": lambda rows: {f"case-{index}": np.array(row) for index, row in enumerate(rows)},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_trials_may_come_in_any_ordinary_form(form: Callable[[Rows], Any]) -> None:
    base: Rows = [[1.0, 1.0, 0.0, 1.0, 1.0]] * 10 + [[1.0] * 5] * 20
    cand: Rows = [[1.0, 0.0], [1.0, 1.0]] * 5 + [[1.0, 1.0]] * 20
    clusters = [index // 3 for index in range(30)]
    keys = list(form(base)) if isinstance(form(base), dict) else None
    labelled: list[Any] = [clusters, np.array(clusters), np.array([f"d{label}" for label in clusters])]
    labelled += [dict(zip(keys, clusters, strict=True))] if keys else []
    assert decide(form(base), form(cand)) == decide(base, cand)
    for labels in labelled:
        assert decide(form(base), form(cand), cluster=labels) == decide(base, cand, cluster=clusters)


def test_the_policy_may_come_as_numpy_s_own_numbers() -> None:
    rows = [[1.0, 1.0]] * 30
    said = decide(rows, rows, margin=np.float64(0.05), alpha=np.float32(0.05))  # type: ignore[arg-type]
    assert said.verdict == "pass"


def test_the_order_of_ids_decides_nothing() -> None:
    base, cand = {"b": [1.0, 1.0], "a": [0.0, 1.0], "c": [1.0, 0.0]}, {"c": [1.0], "a": [1.0], "b": [0.0]}
    backwards = dict(reversed(base.items()))
    assert decide(base, cand) == decide(backwards, cand)
    assert decide(base, cand).differences == (-1.0, 0.5, 0.5)
