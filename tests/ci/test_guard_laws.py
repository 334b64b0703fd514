"""Laws of the guard: nothing to say of equal sides, nothing held where a limit only got stricter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.ci.gate_change import Side
from llmops_cli.ci.guard.metric_changes import loosens_parameter, metric_changes
from llmops_cli.ci.guard.policies import loosens_policy
from llmops_cli.core.suites import GatePolicy, MetricSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.ci.gate_change import GateChange

LIMITS = {"max_words": "limit", "min_words": "limit", "edit_distance": "min", "tokens": "max_tokens"}

specs = st.builds(
    lambda metric, value, required, weight: MetricSpec(
        metric=metric, name=metric, parameters={LIMITS[metric]: value}, required=required, weight=weight
    ),
    st.sampled_from(sorted(LIMITS)),
    st.integers(min_value=1, max_value=100),
    st.booleans(),
    st.floats(min_value=0.1, max_value=10),
)


def changes(before: Sequence[MetricSpec], after: Sequence[MetricSpec]) -> list[GateChange]:
    found = metric_changes(
        before, after, place=lambda _name, _key: ("evals/x.yaml", 1, Side.HEAD), owner="", kind="metric", prompt_id="x"
    )
    return list(found)


@given(st.lists(specs, unique_by=lambda spec: spec.name))
def test_equal_metrics_are_no_change(metrics: list[MetricSpec]) -> None:
    assert changes(metrics, metrics) == []


@given(specs, st.integers(min_value=1, max_value=50))
def test_a_stricter_limit_is_never_held_and_the_way_back_always_is(spec: MetricSpec, step: int) -> None:
    key = LIMITS[spec.metric]
    value = spec.parameters[key]
    assert isinstance(value, int)
    upwards = spec.metric in {"min_words", "edit_distance"}
    stricter = replace(spec, parameters={key: value + step if upwards else value - step})

    assert [change.loosens for change in changes([spec], [stricter])] == [False]
    assert [change.loosens for change in changes([stricter], [spec])] == [True]


@given(specs, specs)
def test_every_difference_is_told(one: MetricSpec, other: MetricSpec) -> None:
    assert bool(changes([one], [other])) is (one != other)


@given(specs)
def test_a_dropped_metric_is_held_and_an_added_one_is_not(spec: MetricSpec) -> None:
    assert [change.loosens for change in changes([spec], [])] == [True]
    assert [change.loosens for change in changes([], [spec])] == [False]


@given(specs, st.integers(min_value=1, max_value=100))
def test_any_edit_of_a_negated_metric_is_held(spec: MetricSpec, value: int) -> None:
    before = replace(spec, negated=True)
    after = replace(before, parameters={LIMITS[spec.metric]: value})
    assert all(change.loosens for change in changes([before], [after]))


def test_an_edit_whose_direction_cannot_be_told_may_loosen() -> None:
    assert loosens_parameter("regex", "pattern", "^a$", "a") is None
    assert loosens_parameter("label_in", "labels", ["a"], ["a", "b"]) is None
    assert loosens_parameter("edit_distance", "min", 0.5, None) is True
    assert loosens_parameter("edit_distance", "max_edits", None, 3) is False


@given(st.floats(min_value=0.001, max_value=0.4), st.floats(min_value=0.001, max_value=0.4))
def test_of_two_margins_the_larger_is_the_looser(one: float, other: float) -> None:
    if one != other:
        assert loosens_policy("margin", one, other) is (other > one)
        assert loosens_policy("resolution", one, other) is (other > one)


def test_every_number_of_the_policy_is_judged() -> None:
    before = GatePolicy().as_json()
    looser = GatePolicy(
        margin=0.5,
        alpha=0.2,
        looks=(1,),
        resolution=0.5,
        on_inconclusive="warn",
        hard_breaks="warn",
        min_cases=1,
        own_recordings="warn",
    ).as_json()
    stricter = GatePolicy(
        margin=0.01, looks=(1, 2, 3, 4, 5), resolution=0.05, on_inconclusive="block", min_cases=50, weak_suite="block"
    ).as_json()
    changed = [name for name in before if before[name] != looser[name]]
    assert set(changed) == set(before) - {"on_inconclusive", "weak_suite"}
    assert all(loosens_policy(name, before[name], looser[name]) for name in changed)
    assert not any(
        loosens_policy(name, before[name], stricter[name]) for name in before if before[name] != stricter[name]
    )
    # more trials are never needed less, and both directions of alpha open a door
    assert loosens_policy("alpha", 0.05, 0.01)
    assert loosens_policy("alpha", 0.05, 0.2)
