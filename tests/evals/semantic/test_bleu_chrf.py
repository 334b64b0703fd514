"""BLEU and chrF against values published in sacrebleu's own tests, and against its command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from evals.scoring import outcome_of

from llmops_cli.core.scores import Score, ScoreFailure

if TYPE_CHECKING:
    from pathlib import Path

# test/test_chrf.py of sacrebleu (commit 0dca9d481824, Apache-2.0), the cases of one sentence; beta 3
PUBLISHED_CHRF = [
    ("a", "a", 1.0),
    ("", "reference", 0.0),
    ("a b c", "a b c", 1.0),
    ("a b c", "abc", 1.0),
    ("aa", "ab", 0.25),
    ("abcdefg", "hijklmnop", 0.0),
    (
        (
            " risk assessment must be made of those who are qualified and expertise in the sector"
            " - these are the scientists ."
        ),
        (
            "risk assessment has to be undertaken by those who are qualified and expert in that area"
            " - that is the scientists ."
        ),
        0.63361730,
    ),
    (
        " Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
        "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
        0.641302698,
    ),
]
# test/test_bleu.py of sacrebleu (commit 2ae13669da72): sentences for which smoothing does not matter
PUBLISHED_BLEU = [("test", "a test", 0.3678794411714425), ("a test", "a test", 1.0)]


def value(metric: str, answer: str, expected: Any, **parameters: Any) -> float:
    outcome = outcome_of(metric, {"min": 0.5, **parameters}, answer, expected)
    assert isinstance(outcome, Score), outcome
    return outcome.value


@pytest.mark.parametrize(("answer", "reference", "expected"), PUBLISHED_CHRF)
def test_chrf_is_what_its_authors_publish(answer: str, reference: str, expected: float) -> None:
    assert value("chrf", answer, reference, beta=3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("answer", "reference", "expected"), PUBLISHED_BLEU)
def test_bleu_is_what_its_authors_publish(answer: str, reference: str, expected: float) -> None:
    assert value("bleu", answer, reference) == pytest.approx(expected, abs=1e-6)


SENTENCES = [
    ("The dog bit the man.", "The dog had bit the man."),
    ("It wasn't surprising.", "No one was surprised."),
    ("The man had just bitten him.", "The man had bitten the dog."),
    ("Ein Test, mit Umlauten: äöü!", "Ein Test mit Umlauten - äöü."),
    ("short", "a much longer reference than the answer"),
]


def command_line(folder: Path, metric: str, answer: str, reference: str, *options: str) -> float:
    (folder / "reference").write_text(reference + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", str(folder / "reference"), "-m", metric, "-sl", "-w", "6", *options]
    run = subprocess.run(command, input=answer + "\n", capture_output=True, text=True, check=True, encoding="utf-8")
    return float(json.loads(run.stdout)["score"]) if run.stdout.lstrip().startswith("{") else float(run.stdout)


@pytest.mark.parametrize(("answer", "reference"), SENTENCES[:3])
def test_bleu_is_what_the_command_line_says(tmp_path: Path, answer: str, reference: str) -> None:
    expected = command_line(tmp_path, "bleu", answer, reference, "-b")
    assert value("bleu", answer, reference) == pytest.approx(expected / 100, abs=1e-5)


@pytest.mark.parametrize(("answer", "reference"), SENTENCES[:3])
def test_chrf_is_what_the_command_line_says(tmp_path: Path, answer: str, reference: str) -> None:
    expected = command_line(tmp_path, "chrf", answer, reference, "-b")
    assert value("chrf", answer, reference) == pytest.approx(expected / 100, abs=1e-5)


@pytest.mark.parametrize(("answer", "reference"), SENTENCES[3:])
def test_chrf_with_words_is_what_the_command_line_says(tmp_path: Path, answer: str, reference: str) -> None:
    expected = command_line(tmp_path, "chrf", answer, reference, "-b", "--chrf-word-order", "2")
    assert value("chrf", answer, reference, words=2) == pytest.approx(expected / 100, abs=1e-5)


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_an_identical_text_scores_1_and_an_empty_one_0(metric: str) -> None:
    assert value(metric, "the same words here", "the same words here") == 1
    assert value(metric, "", "the same words here") == 0
    assert value(metric, "THE SAME WORDS", "the same words", ignore_case=True) == 1


def test_bleu_counts_several_references_together() -> None:
    both = value("bleu", "a b c d e f", ("a b c d", "c d e f"))
    assert both > max(value("bleu", "a b c d e f", "a b c d"), value("bleu", "a b c d e f", "c d e f"))


@pytest.mark.parametrize("metric", ["bleu", "chrf", "rouge_l", "contradiction"])
def test_an_empty_reference_is_a_failure_to_measure(metric: str) -> None:
    parameters = {} if metric == "contradiction" else {"min": 0.5}
    assert isinstance(outcome_of(metric, parameters, "x", " "), ScoreFailure)


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_texts_without_end_are_refused(metric: str) -> None:
    assert isinstance(outcome_of(metric, {"min": 0.5}, "x" * 200_001, "x"), ScoreFailure)
