"""How long deciding takes: 100 prompts × 5 metrics × 300 cases × 5 trials on both sides.

First the bare decisions with Holm's correction, then whole comparisons: pairing by case id, critical cases,
broken and mended cases, comparability, reasons.

python benchmarks/decide.py
"""

from __future__ import annotations

import time
from random import Random

from llmops_cli.core.suites import GatePolicy
from llmops_cli.evals.compare.comparability import Yardstick
from llmops_cli.evals.compare.gate import decide
from llmops_cli.evals.compare.holm import correct_for_several
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.comparing.measured_run import MeasuredRun

PROMPTS, METRICS, CASES, TRIALS = 100, 5, 300, 5


def arm(random: Random, *, graded: bool) -> list[list[float]]:
    def score() -> float:
        return round(random.random(), 3) if graded else float(random.random() < 0.9)

    return [[score() for _ in range(TRIALS)] for _ in range(CASES)]


def run_of(arms: list[list[list[float]]]) -> MeasuredRun:
    names = [f"case-{number:03d}" for number in range(CASES)]
    return MeasuredRun(
        prompt_id="benchmark",
        prompt_version=1,
        prompt_digest="",
        model_asked="echo/echo",
        models_served=(),
        yardstick=Yardstick(
            suite="",
            dataset="",
            metrics={f"metric-{metric}": "" for metric in range(METRICS)},
            cases=dict.fromkeys(names, ""),
        ),
        score=None,
        scores={
            f"metric-{metric}": {name: tuple(trials) for name, trials in zip(names, rows, strict=True)}
            for metric, rows in enumerate(arms)
        },
        passed={name: tuple(score == 1 for score in trials) for name, trials in zip(names, arms[0], strict=True)},
    )


def main() -> None:
    random = Random(20_261_123)  # noqa: S311 - a simulation, not a secret
    arms = [(arm(random, graded=metric > 2), arm(random, graded=metric > 2)) for metric in range(METRICS)]
    trials = 2 * PROMPTS * METRICS * CASES * TRIALS

    begun = time.process_time()
    decisions = {
        (prompt, metric): decide(*arms[metric], kind="score" if metric > 2 else "binary")
        for prompt in range(PROMPTS)
        for metric in range(METRICS)
    }
    correct_for_several(decisions)
    spent = time.process_time() - begun
    print(f"{len(decisions)} decisions over {trials:,} trials: {spent:.2f} s CPU (limit 1 s)")

    base, candidate = run_of([base for base, _ in arms]), run_of([candidate for _, candidate in arms])
    begun = time.process_time()
    for _ in range(PROMPTS):
        compare_run(base, candidate, GatePolicy())
    print(f"{PROMPTS} comparisons of the same size: {time.process_time() - begun:.2f} s CPU (limit 1 s)")


if __name__ == "__main__":
    main()
