"""Verdicts on recorded answers of real models; the same pairs as the table in docs/guide/gate.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evals.compare.measured_runs import measured

from llmops_cli.core.suites import GatePolicy
from llmops_cli.evals.comparing.comparison import Comparison, compare_run

ANSWERS = json.loads((Path(__file__).parents[2] / "data" / "real_pairs" / "right_answers.json").read_text())
GSM8K = ANSWERS["gsm8k_rows_0_399"]


def compared(before: str, after: str) -> Comparison:
    def run(digits: str) -> dict[str, dict[str, list[float]]]:
        return {"correct": {f"row-{number:04d}": [float(digit)] for number, digit in enumerate(digits)}}

    declared = frozenset({"correct"})
    base, candidate = (measured(run(digits), deterministic_metrics=declared) for digits in (before, after))
    return compare_run(base, candidate, GatePolicy())


@pytest.mark.parametrize("pair", ["leetcode_format_gpt4_0314_to_0613", "opinion_answerrate_gpt4_0314_to_0613"])
@pytest.mark.parametrize("cases", [30, None])
def test_a_model_that_changed_behind_its_name_is_a_regression(pair: str, cases: int | None) -> None:
    before, after = ANSWERS[pair]["baseline"][:cases], ANSWERS[pair]["candidate"][:cases]
    assert compared(before, after).verdict.kind == "regression"
    assert compared(before, before).verdict.kind == "pass"


@pytest.mark.parametrize(
    ("before", "after", "verdict", "improved"),
    [
        ("6b_finetuning", "175b_verification", "pass", True),
        ("175b_verification", "6b_finetuning", "regression", False),
        ("175b_finetuning", "175b_verification", "pass", True),
        ("175b_verification", "175b_finetuning", "regression", False),
        ("6b_verification", "6b_finetuning", "regression", False),
        # 54 lost and 44 gained: an exchange, within the margin (exact McNemar p = 0.36)
        ("6b_verification", "175b_finetuning", "pass", False),
        ("175b_finetuning", "6b_verification", "pass", True),
    ],
)
def test_four_models_on_gsm8k(before: str, after: str, verdict: str, *, improved: bool) -> None:
    comparison = compared(GSM8K[before], GSM8K[after])
    assert comparison.verdict.kind == verdict
    assert comparison.improved is improved


def test_thirty_cases_cannot_tell_two_equal_models_apart() -> None:
    comparison = compared(GSM8K["6b_verification"][:30], GSM8K["175b_finetuning"][:30])
    assert comparison.verdict.kind == "inconclusive"
    assert any("cases needed to rule out a production drop of 15 points" in r for r in comparison.verdict.reasons)


@pytest.mark.parametrize("model", sorted(GSM8K))
@pytest.mark.parametrize("cases", [30, 100, 400])
def test_no_model_is_worse_than_itself(model: str, cases: int) -> None:
    comparison = compared(GSM8K[model][:cases], GSM8K[model][:cases])
    assert comparison.verdict.kind == "pass"
    assert not comparison.improved
