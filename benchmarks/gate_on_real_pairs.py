"""Verdicts of the gate on recorded answers of real models, as a Markdown table.

    python benchmarks/gate_on_real_pairs.py DIRECTORY

DIRECTORY holds `decisions/*.jsonl` (one JSON object a line: id, and `correct` under baseline and candidate;
from LLMDrift, Apache-2.0) and `gsm8k/grade_school_math/data/example_model_solutions.jsonl` (MIT). The
answers are recordings, so one of each counts as deterministic.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.core.suites import GatePolicy
from llmops_cli.evals.compare.comparability import Yardstick
from llmops_cli.evals.compare.reasons import points
from llmops_cli.evals.comparing.comparison import Comparison, compare_run
from llmops_cli.evals.comparing.measured_run import MeasuredRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.evals.compare.intervals import Interval

METRIC = "correct"
SOLUTIONS = "gsm8k/grade_school_math/data/example_model_solutions.jsonl"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@dataclass(frozen=True)
class Pair:
    """Per case whether the baseline's and the candidate's answer was right."""

    name: str
    base: Mapping[str, bool]
    candidate: Mapping[str, bool]

    def first(self, cases: int) -> Pair:
        names = list(self.base)[:cases]
        return Pair(
            f"{self.name}, first {cases}",
            {name: self.base[name] for name in names},
            {name: self.candidate[name] for name in names},
        )


def recorded_pairs(directory: Path) -> Iterator[Pair]:
    for path in sorted((directory / "decisions").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        yield Pair(
            path.stem,
            {row["id"]: row["baseline"]["correct"] for row in rows},
            {row["id"]: row["candidate"]["correct"] for row in rows},
        )


def solution_pairs(directory: Path) -> Iterator[Pair]:
    rows = [json.loads(line) for line in (directory / SOLUTIONS).read_text(encoding="utf-8").splitlines()[:400]]
    for before, after in permutations(MODELS, 2):
        base = {f"row-{number}": row[before]["is_correct"] for number, row in enumerate(rows)}
        candidate = {f"row-{number}": row[after]["is_correct"] for number, row in enumerate(rows)}
        yield Pair(f"GSM8K {before} → {after}", base, candidate)


def run_of(right: Mapping[str, bool]) -> MeasuredRun:
    """The recorded answers as a measured run with one deterministic trial per case."""
    return MeasuredRun(
        prompt_id="recorded",
        prompt_version=1,
        prompt_digest="",
        model_asked="replay/recorded",
        models_served=(),
        yardstick=Yardstick(suite="", dataset="", metrics={METRIC: ""}, cases=dict.fromkeys(right, "")),
        score=None,
        scores={METRIC: {case: (float(passed),) for case, passed in right.items()}},
        passed={case: (passed,) for case, passed in right.items()},
        deterministic_metrics=frozenset({METRIC}),
    )


def compared(pair: Pair, policy: GatePolicy) -> Comparison:
    return compare_run(run_of(pair.base), run_of(pair.candidate), policy)


def row_of(pair: Pair, comparison: Comparison) -> str:
    metric = comparison.metrics[0]
    lost = sum(pair.base[case] and not pair.candidate[case] for case in pair.base)
    gained = sum(pair.candidate[case] and not pair.base[case] for case in pair.base)
    verdict = f"{comparison.verdict.kind}{', improved' if comparison.improved else ''}"
    cells = [
        pair.name.replace("_", " "),
        str(len(pair.base)),
        f"{100 * metric.decision.base_mean:.1f} → {100 * metric.decision.candidate_mean:.1f}",
        f"{lost} / {gained}",
        between(metric.decision.delta, metric.decision.suite_interval),
        between(None, metric.decision.population_interval),
        f"**{verdict}**",
    ]
    return f"| {' | '.join(cells)} |"


def between(change: float | None, interval: Interval) -> str:
    ends = f"{points(max(interval.lower, -1))}…{points(min(interval.upper, 1))}"
    return ends if change is None else f"{points(change)} ({ends})"


def table(directory: Path, policy: GatePolicy) -> Iterator[str]:
    yield "| pair | cases | right, % | lost / gained | change on these cases | in production | verdict |"
    yield "|---|---|---|---|---|---|---|"
    for pair in recorded_pairs(directory):
        for shown in (pair, *([pair.first(30)] if len(pair.base) > 100 else [])):
            yield row_of(shown, compared(shown, policy))
    for pair in solution_pairs(directory):
        for shown in (pair, pair.first(30)):
            yield row_of(shown, compared(shown, policy))


if __name__ == "__main__":
    print("\n".join(table(Path(sys.argv[1]), GatePolicy())))
