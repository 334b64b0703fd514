"""The guide prints true outputs."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.core.suites import GatePolicy
from llmops_cli.evals.compare.gate import decide

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "guide" / "gate.md").read_text(encoding="utf-8")
ANSWERS = json.loads((ROOT / "tests" / "data" / "real_pairs" / "right_answers.json").read_text(encoding="utf-8"))

Rows = list[list[float]]
FLAKY = [[1.0, 1.0, 0.0, 1.0, 1.0]] * 12


def cases(good: int, dead: int = 0, *, trials: int = 5) -> Rows:
    return [[0.0] * trials] * dead + [[1.0] * trials] * good


@pytest.mark.parametrize(
    ("situation", "base", "candidate"),
    [
        ("the same, 2 trials each", cases(30), cases(30, trials=2)),
        ("1 of 30 cases dead, 5 trials each", cases(30), cases(29, 1)),
        ("2 of 30 cases dead, 2 trials each", cases(30), cases(28, 2, trials=2)),
        ("40 cases of which 12 pass 4 times of 5, nothing changed", FLAKY + cases(28), FLAKY + cases(28)),
    ],
)
def test_a_situation_reads_as_the_guide_says(situation: str, base: Rows, candidate: Rows) -> None:
    sentences = " ".join(decide(base, candidate).reasons)
    assert f"| {situation} | {sentences} |\n" in GUIDE


def loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's module, known by its name while its dataclass is made."""
    spec = spec_from_file_location("gate_on_real_pairs", ROOT / "benchmarks" / "gate_on_real_pairs.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gate_on_real_pairs", module)
    spec.loader.exec_module(module)
    return module


def right(digits: str) -> dict[str, bool]:
    return {f"row-{number:04d}": digit == "1" for number, digit in enumerate(digits)}


@pytest.mark.parametrize("pair", ["leetcode_format_gpt4_0314_to_0613", "opinion_answerrate_gpt4_0314_to_0613"])
def test_the_rows_of_the_changed_model_are_true(pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(monkeypatch)
    shown = script.Pair(pair, right(ANSWERS[pair]["baseline"]), right(ANSWERS[pair]["candidate"]))
    assert script.row_of(shown, script.compared(shown, GatePolicy())) in GUIDE


def test_every_row_of_the_four_models_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(monkeypatch)
    answers = ANSWERS["gsm8k_rows_0_399"]
    for before in script.MODELS:
        for after in script.MODELS:
            if before != after:
                whole = script.Pair(f"GSM8K {before} → {after}", right(answers[before]), right(answers[after]))
                for shown in (whole, whole.first(30)):
                    assert script.row_of(shown, script.compared(shown, GatePolicy())) in GUIDE
