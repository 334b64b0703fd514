"""Measured runs for tests of comparisons and baselines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_cli.evals.compare.comparability import Yardstick
from llmops_cli.evals.comparing.measured_run import Effort, MeasuredRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODEL = "openai/gpt-5-mini-2026-08-07"


def measured(
    scores: Mapping[str, Mapping[str, Sequence[float]]], *, threshold: float = 1.0, **changes: Any
) -> MeasuredRun:
    """A run with these scores; a trial passes when every metric of it reaches the threshold."""
    cases = sorted({case for trials in scores.values() for case in trials})
    passed = {
        case: tuple(
            all(score >= threshold for score in trial)
            for trial in zip(*(trials[case] for trials in scores.values() if case in trials), strict=False)
        )
        for case in cases
    }
    run = MeasuredRun(
        prompt_id="demo",
        prompt_version=3,
        prompt_digest="sha256:" + "ab" * 32,
        model_asked=MODEL,
        models_served=("gpt-5-mini-2026-08-07",),
        yardstick=Yardstick(
            suite="sha256:" + "01" * 32,
            dataset="sha256:" + "02" * 32,
            metrics={name: f"sha256:{index:064x}" for index, name in enumerate(sorted(scores))},
            cases={case: f"sha256:{index:064x}" for index, case in enumerate(cases)},
        ),
        score=0.875,
        scores={
            name: {case: tuple(map(float, trials[case])) for case in sorted(trials)} for name, trials in scores.items()
        },
        passed=passed,
        effort=Effort(input_tokens=1200, output_tokens=340, cost_usd=0.0123, p50_seconds=0.8, p95_seconds=2.5),
    )
    return replace(run, **changes)


def steady(value: float, cases: int, trials: int) -> dict[str, list[float]]:
    """The same score in every trial of `cases` cases."""
    return {f"case-{number:03d}": [value] * trials for number in range(cases)}


def with_changed(
    run: MeasuredRun, *, metrics: Mapping[str, str] | None = None, cases: Mapping[str, str] | None = None
) -> MeasuredRun:
    """The run, measured with these digests instead of its own."""
    yardstick = replace(
        run.yardstick,
        metrics={**run.yardstick.metrics, **(metrics or {})},
        cases={**run.yardstick.cases, **(cases or {})},
    )
    return replace(run, yardstick=yardstick)
