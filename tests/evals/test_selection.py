"""Which cases are run: filters narrow, samples are stable, shards cover, and nothing is an error."""

from __future__ import annotations

import pytest
from evals.eval_world import cases_of, suite_of
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.evals.selection import Selection, Shard, select_cases

SUITE = suite_of(cases_of(40))


def ids(selection: Selection) -> list[str]:
    return [case.id for case in select_cases(SUITE, selection)]


def test_filters_are_globs_tags_and_critical_and_all_have_to_match() -> None:
    assert ids(Selection(filters=("case-0000?",))) == [f"case-{number:05d}" for number in range(10)]
    assert ids(Selection(filters=("critical",))) == ["case-00000", "case-00010", "case-00020", "case-00030"]
    assert ids(Selection(filters=("tag:odd", "case-0000?"))) == [f"case-{number:05d}" for number in (1, 3, 5, 7, 9)]


@pytest.mark.parametrize("filters", [("nothing",), ("tag:ood",), ("critical", "tag:odd")])
def test_a_filter_that_matches_nothing_is_never_a_pass(filters: tuple[str, ...]) -> None:
    with pytest.raises(NothingMatchedError) as caught:
        ids(Selection(filters=filters))
    assert caught.value.exit_code == 6


def test_a_misspelled_tag_is_answered_with_the_right_one() -> None:
    with pytest.raises(NothingMatchedError, match="Did you mean 'tag:odd'"):
        ids(Selection(filters=("tag:odt",)))


def test_a_suite_without_cases_is_never_a_pass() -> None:
    with pytest.raises(NothingMatchedError):
        select_cases(suite_of(()), Selection())


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_smaller_sample_is_part_of_a_larger_one(one: int, other: int) -> None:
    smaller, larger = sorted((one, other))
    assert set(ids(Selection(sample=smaller))) <= set(ids(Selection(sample=larger)))
    assert len(ids(Selection(sample=smaller))) == min(smaller, 40)


def test_a_sample_keeps_the_order_of_the_suite() -> None:
    chosen = ids(Selection(sample=10))
    assert chosen == sorted(chosen)


@given(st.integers(1, 40))
def test_the_shards_of_a_suite_are_the_suite(count: int) -> None:
    parts = [ids(Selection(shard=Shard(index=index, count=count))) for index in range(1, count + 1)]
    assert sorted(case_id for part in parts for case_id in part) == ids(Selection())
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_an_empty_shard_is_never_a_pass() -> None:
    with pytest.raises(NothingMatchedError):
        ids(Selection(shard=Shard(index=41, count=41)))


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "a/b", "1/", "/2", "1/0", "-1/2", "²/3"])
def test_a_shard_is_a_part_of_a_number_of_parts(text: str) -> None:
    with pytest.raises(UsageError):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert Shard.parse("2/8") == Shard(index=2, count=8)


@pytest.mark.parametrize("size", [0, -1])
def test_a_sample_has_at_least_one_case(size: int) -> None:
    with pytest.raises(UsageError):
        ids(Selection(sample=size))
