"""Suites as values."""

from __future__ import annotations

import pytest

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.suites import Case, Suite


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_the_digest_of_a_dataset_is_that_of_the_list_of_its_cases(count: int) -> None:
    cases = tuple(
        Case(id=f"c{number}", variables={"text": "ä" * number, "n": number / 3}, expected=("a", "b"), weight=2)
        for number in range(count)
    )
    suite = Suite(prompt_id="p", path="evals/p.yaml", cases=cases, metrics=())
    assert suite.dataset_digest() == digest_of([case.as_json() for case in cases])
