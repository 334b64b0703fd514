"""A suite that lets nothing, a dot or an echo through is weak; one that asks for something is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from evals.eval_world import cases_of, job_of, render
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.suites import MetricSpec
from llmops_cli.evals.gating.null_models import weak_spots
from llmops_cli.evals.measuring.metric_table import bind

SHORT = MetricSpec(metric="max_words", name="max_words", parameters={"limit": 30})
ONE_OF = MetricSpec(metric="label_in", name="label_in", parameters={"labels": ["refund", "bug"]})


def answers(*metrics: MetricSpec, wrong: bool = False) -> list[str]:
    cases = cases_of(30)
    if wrong:
        cases = tuple(replace(case, expected="another answer") for case in cases)
    return [probe.answer for probe in asyncio.run(weak_spots(job_of(cases, *metrics), render, bind))]


def test_a_suite_that_only_limits_the_length_is_passed_by_everybody() -> None:
    assert answers(SHORT) == ["nothing", 'a single "."', "with the question itself"]


def test_a_suite_whose_answer_is_the_question_is_passed_by_an_echo() -> None:
    equals = MetricSpec(metric="equals", name="equals")
    assert answers(equals) == ["with the question itself"]
    assert answers(equals, wrong=True) == []


def test_a_suite_that_asks_for_a_label_is_strong() -> None:
    assert answers(ONE_OF) == []
    assert answers(ONE_OF, SHORT) == []


def test_what_cannot_be_probed_is_not_called_weak() -> None:
    rouge = MetricSpec(metric="rouge_l", name="rouge_l", parameters={"min": 0.1})
    assert answers(SHORT, rouge) == []


@given(st.integers(min_value=1, max_value=10_000))
def test_a_longer_limit_never_makes_a_suite_stronger(limit: int) -> None:
    spec = MetricSpec(metric="max_words", name="max_words", parameters={"limit": limit})
    found = answers(spec)
    assert {"nothing", 'a single "."'} <= set(found)
