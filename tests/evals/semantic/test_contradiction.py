"""Contradiction: what it sees, what it forgives, what it does not see, kind by kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evals.scoring import outcome_of
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.semantic.facts.calendar import moments_of
from llmops_cli.evals.semantic.facts.conflicts import KINDS, find_conflicts
from llmops_cli.evals.semantic.facts.quantities import quantities_of
from llmops_cli.evals.semantic.facts.tokens import tokens_of

DATA = Path(__file__).parents[2] / "data" / "adversarial_pairs.jsonl"
PAIRS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def score(answer: str, expected: Any, **parameters: Any) -> Score:
    outcome = outcome_of("contradiction", parameters, answer, expected)
    assert isinstance(outcome, Score), outcome
    return outcome


AGREE = [
    ("It is 1,200 m away.", "It is 1.2 km away."),
    ("About 3 million people live there.", "It has 2,950,000 inhabitants."),
    ("They paid two hundred and fifty dollars.", "They paid $250."),
    ("They need $3.1M.", "They need 3.1 million dollars."),
    ("It costs 12k euros.", "It costs €12,000."),
    ("He came 3rd.", "He was third."),
    ("Half of them left.", "50% of them left."),
    ("On 5/6/2026 it ends.", "It ends on 5 June 2026."),
    ("In 2026 it ends.", "It ends on 5 June 2026."),
    ("It begins at noon.", "It begins at 12:00."),
    ("It begins at 3 p.m.", "It begins at 15:00."),
    ("The UN agreed.", "The United Nations agreed."),
    ("German firms agreed.", "Firms in Germany agreed."),
    ("It's closed.", "It isn't open."),
    ("It was rejected.", "It was not approved."),
    ("It is not available.", "It is unavailable."),
    ("THE PARCEL WENT TO PARIS TODAY AND CAME BACK.", "The parcel went to Paris today and came back."),
    ("You may come.", "You may come in May or in March."),
    ("Nothing else matters.", "The parcel arrived."),
]


@pytest.mark.parametrize(("answer", "expected"), AGREE)
def test_other_words_for_the_same_fact_are_no_conflict(answer: str, expected: str) -> None:
    assert score(answer, expected).value == 1


CONFLICT = [
    ("It is 1,200 km away.", "It is 1.2 km away.", "says 1,200 km where 1.2 km is expected"),
    ("It costs €30.", "It costs $30.", "says €30 where $30 is expected"),
    ("Take 5 g.", "Take 5 mg.", "says 5 g where 5 mg is expected"),
    ("It ends on 5 July 2026.", "It ends on 5 June 2026.", "says 5 July 2026 where 5 June 2026 is expected"),
    ("It begins at 3 am.", "It begins at 3 pm.", "says 3 am where 3 pm is expected"),
    ("See you on Monday.", "See you on Tuesday.", "says Monday where Tuesday is expected"),
    ("It isn't ready.", "It is ready.", "denies 'ready', which the expected text affirms"),
    ("It is ready.", "It is not ready.", "affirms 'ready', which the expected text denies ('ready')"),
    ("It is illegal.", "It is legal.", None),
    ("Prices fell.", "Prices rose.", "says 'fell' where 'rose' is expected"),
    ("Ana wrote to Ivan.", "Ana wrote to Olga.", "says Ivan where Olga is expected"),
    ("Ana wrote to Ivan.", "Ivan wrote to Ana.", "names in another order: ana, ivan"),
]


@pytest.mark.parametrize(("answer", "expected", "reason"), CONFLICT)
def test_another_fact_is_a_conflict_that_the_reason_names(answer: str, expected: str, reason: str | None) -> None:
    found = score(answer, expected)
    if reason is None:  # a limit: words with il-, and opposites that are not in the list
        assert found.value == 1
        return
    assert (found.value, found.reason, found.raw) == (0.5, reason, 1)
    assert not found.passed


def test_what_the_expected_text_does_not_have_costs_less_and_nothing_if_the_source_has_it() -> None:
    assert score("Ana paid 30 dollars.", "Ana paid.").value == 0.75
    assert score("Ana paid 30 dollars to Ivan.", "Ana paid.").value == 0.5
    assert score("Ana paid 30 dollars.", "Ana paid.", source="She handed over $30.").value == 1


def test_what_the_answer_leaves_out_costs_nothing() -> None:
    assert score("It arrived.", "It arrived in Oslo on Monday, 3 days late.").value == 1


def test_only_the_chosen_kinds_are_compared() -> None:
    answer, expected = "Ana paid 30 dollars on Monday.", "Ivan did not pay 40 dollars on Tuesday."
    assert score(answer, expected, kinds=["numbers"]).raw == 1
    assert score(answer, expected, kinds=["numbers", "dates"]).raw == 2
    assert score(answer, expected).value == 0


def test_of_several_expected_texts_the_best_counts() -> None:
    assert score("Take 5 mg.", ("Take 5 g.", "Take 0.005 g.")).value == 1


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_wrong_near_copies_of_its_kinds_are_found_and_right_paraphrases_are_not(pair: dict[str, str]) -> None:
    wrong = find_conflicts(pair["wrong"], pair["reference"], "", KINDS)
    right = find_conflicts(pair["right"], pair["reference"], "", KINDS)
    assert bool(wrong) is not (pair["kind"] == "other" or pair["id"] == "order-52")
    assert bool(right) is (pair["id"] in KNOWN_FALSE_ALARMS)


KNOWN_FALSE_ALARMS = {"date-15", "order-53", "other-54"}
"""A clock time in words, an order turned round together with its opposite, a superlative told by a denial."""


@given(st.text())
def test_a_text_never_contradicts_itself(text: str) -> None:
    outcome = outcome_of("contradiction", {}, text, text)
    assert isinstance(outcome, ScoreFailure) or outcome.value == 1


PIECES = "Ana Ivan not open closed 30 60 days $ % Monday March 3 pm 2026-03-03 , . - and half third k"
WORDS = st.sampled_from(PIECES.split())


@given(st.lists(WORDS, max_size=12).map(" ".join), st.lists(WORDS, min_size=1, max_size=12).map(" ".join))
def test_any_two_texts_have_a_score_and_the_same_one_twice(answer: str, expected: str) -> None:
    first, second = (outcome_of("contradiction", {}, answer, expected) for _ in range(2))
    assert first == second
    assert isinstance(first, Score)
    assert "crashed" not in first.reason
    assert score(expected, expected).value == 1


def test_facts_are_read_as_they_are_written() -> None:
    tokens = tokens_of("On 3 March 2026 at 9:45 Ana sent 2 dozen boxes of 1.5 kg for $1.2 million, 40% up.")
    moments, taken = moments_of(tokens)
    assert [moment.written for moment in moments] == ["3 March 2026", "9:45"]
    assert [(q.written, q.kind) for q in quantities_of(tokens, taken)] == [
        ("2 dozen", ""),
        ("1.5 kg", "mass"),
        ("$1.2 million", "dollars"),
        ("40%", "percent"),
    ]
