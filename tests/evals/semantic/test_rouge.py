"""ROUGE against ROUGE-1.5.5, against rouge-score, and against its own definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evals.scoring import outcome_of
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.semantic.rouge import common_subsequence
from llmops_cli.evals.semantic.words import words_for

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "rouge" / "rouge155_summeval_300.json").read_text())["pairs"]
NAMES = {"rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2", "rouge_l": "ROUGE-L"}
MEASURES = {"precision": "p", "recall": "r", "f1": "f"}


def value(metric: str, answer: str, expected: Any, **parameters: Any) -> float:
    outcome = outcome_of(metric, {"min": 0.5, **parameters}, answer, expected)
    assert isinstance(outcome, Score), outcome
    return outcome.value


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("metric", NAMES)
def test_without_stemmer_the_numbers_are_those_of_rouge_155(metric: str, measure: str) -> None:
    for pair in VECTORS:
        expected = pair["rouge155"]["nostem"][NAMES[metric]][MEASURES[measure]]
        found = value(metric, pair["prediction"], pair["reference"], measure=measure)
        assert found == pytest.approx(expected, abs=1e-4), pair["reference"]


def test_with_stemmer_a_few_pairs_differ_from_rouge_155_and_by_little() -> None:
    differences = [
        abs(
            value(metric, pair["prediction"], pair["reference"], stem=True)
            - pair["rouge155"]["stem"][NAMES[metric]]["f"]
        )
        for pair in VECTORS
        for metric in NAMES
    ]
    assert sum(difference > 1e-4 for difference in differences) < 0.12 * len(differences)
    assert max(differences) < 0.07


@pytest.mark.parametrize("stem", [False, True])
def test_the_numbers_are_those_of_rouge_score(*, stem: bool) -> None:
    library = RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=stem)
    names = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL", "rouge_lsum": "rougeLsum"}
    for pair in VECTORS[:60]:
        answer = pair["prediction"].replace(" . ", " .\n")
        reference = pair["reference"].replace(" . ", " .\n")
        expected = library.score(reference, answer)
        for metric, name in names.items():
            for measure, field in (("precision", "precision"), ("recall", "recall"), ("f1", "fmeasure")):
                found = value(metric, answer, reference, stem=stem, measure=measure)
                assert found == pytest.approx(getattr(expected[name], field), abs=1e-6)


@given(st.text(), st.text())
def test_words_are_those_of_rouge_score_for_any_text(one: str, other: str) -> None:
    expected = RougeScorer(["rougeL"]).score(one, other)["rougeL"].fmeasure
    outcome = outcome_of("rouge_l", {"min": 0.5}, other, one)
    if isinstance(outcome, Score):
        assert outcome.value == pytest.approx(expected, abs=1e-6)
    else:
        assert expected == 0


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=30))
def test_the_common_subsequence_is_the_longest(left: list[str], right: list[str]) -> None:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left, start=1):
        for j, other in enumerate(right, start=1):
            table[i][j] = table[i - 1][j - 1] + 1 if one == other else max(table[i - 1][j], table[i][j - 1])
    assert common_subsequence(left, right) == table[-1][-1] == common_subsequence(right, left)


@pytest.mark.parametrize("metric", ["rouge_1", "rouge_2", "rouge_l", "rouge_lsum"])
def test_of_several_expected_texts_the_best_counts(metric: str) -> None:
    assert value(metric, "b c d", ("x y z", "b c d", "b c")) == 1


@pytest.mark.parametrize("metric", ["rouge_1", "rouge_2", "rouge_l", "rouge_lsum"])
def test_a_reference_without_a_word_is_a_failure_to_measure_and_not_a_zero(metric: str) -> None:
    outcome = outcome_of(metric, {"min": 0.5}, "我喜欢猫", "我喜欢猫")
    assert isinstance(outcome, ScoreFailure)
    assert "letters: unicode" in outcome.reason
    assert value(metric, "我喜欢猫", "我喜欢猫", letters="unicode") == 1


def test_unicode_letters_find_the_words_of_every_script() -> None:
    words = words_for({"letters": "unicode", "stem": False})
    assert words("Ärger über 3,5 café_s") == ["ärger", "über", "3", "5", "café", "s"]
    assert words("我爱 Пиво ไทย") == ["我", "爱", "пиво", "ไ", "ท", "ย"]


def test_texts_without_end_are_refused_and_do_not_hang() -> None:
    long = "word other " * 3000
    assert isinstance(outcome_of("rouge_lsum", {"min": 0.5}, long, long), ScoreFailure)
    assert isinstance(outcome_of("rouge_l", {"min": 0.5}, "w " * 600_000, "w"), ScoreFailure)
