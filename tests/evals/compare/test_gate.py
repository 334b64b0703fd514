"""The decision about one metric: worked examples, borders, wrong input, and laws."""

from __future__ import annotations

import math
import re
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.evals.compare.gate import GateVerdict, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows = list[list[float]]


def by_the_book(base: Rows, cand: Rows, *, pseudo: float = 1.0, alpha: float = 0.02) -> dict[str, float]:
    """Work out the intervals step by step from the written procedure, with scipy and the statistics module."""
    n, k_b, k_c = len(base), len(base[0]), len(cand[0])

    def squares(rows: Rows) -> float:
        return sum((x - fmean(row)) ** 2 for row in rows for x in row)

    v_b = (squares(base) + 0.25) / (n * (k_b - 1) + 1)
    v_c = (squares(cand) + 0.25) / (n * (k_c - 1) + 1)
    differences = [fmean(c) - fmean(b) for b, c in zip(base, cand, strict=True)]
    if k_c == 1:
        v_c = max(v_b, fmean([d * d for d in differences]))
    if k_c == 2:
        both = (squares(base) + squares(cand) + 0.25) / (n * (k_b - 1) + n * (k_c - 1) + 1)
        v_c = max(v_c, both)
    d = fmean(differences)
    half = float(stats.t.ppf(1 - alpha, n - 1)) * math.sqrt(n * (v_b / k_b + v_c / k_c)) / n
    extended = [*differences, pseudo, -pseudo]
    centre = fmean(extended)
    half_population = float(stats.t.ppf(1 - alpha, len(extended) - 3)) * stdev(extended) / math.sqrt(len(extended))
    return {
        "lower": d - half,
        "upper": d + half,
        "population lower": centre - half_population,
        "population upper": centre + half_population,
    }


def constant(value: float, cases: int, trials: int) -> Rows:
    return [[value] * trials for _ in range(cases)]


def with_dead_cases(dead: int, cases: int, trials: int) -> Rows:
    return constant(0.0, dead, trials) + constant(1.0, cases - dead, trials)


rows = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.integers(1, 6).flatmap(
            lambda k: st.lists(
                st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=k, max_size=k), min_size=n, max_size=n
            )
        ),
        st.integers(1, 6).flatmap(
            lambda k: st.lists(
                st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=k, max_size=k), min_size=n, max_size=n
            )
        ),
    )
)


@given(rows, st.sampled_from([("binary", 1.0), ("score", 0.5)]))
@settings(max_examples=150, deadline=None)
def test_the_intervals_are_those_of_the_written_procedure(pair: tuple[Rows, Rows], kind: tuple[Any, float]) -> None:
    base, cand = pair
    decision = decide(base, cand, kind=kind[0])
    expected = by_the_book(base, cand, pseudo=kind[1])
    assert decision.suite_interval.lower == pytest.approx(expected["lower"], abs=1e-10)
    assert decision.suite_interval.upper == pytest.approx(expected["upper"], abs=1e-10)
    assert decision.population_interval.lower == pytest.approx(expected["population lower"], abs=1e-10)
    assert decision.population_interval.upper == pytest.approx(expected["population upper"], abs=1e-10)


@given(rows)
@settings(max_examples=150, deadline=None)
def test_the_verdict_is_that_of_the_written_rules(pair: tuple[Rows, Rows]) -> None:
    base, cand = pair
    decision = decide(base, cand)
    suite, population = decision.suite_interval, decision.population_interval
    if suite.lower > -0.05 and population.lower > -0.15 and decision.candidate_trials >= 60:
        expected = "pass"
    elif (suite.upper < 0 and decision.delta < -0.05 - 1e-12) or population.upper < 0:
        expected = "block"
    else:
        expected = "inconclusive"
    assert decision.verdict == expected


def test_thirty_unchanged_cases_take_two_trials_each() -> None:
    base = constant(1.0, 30, 5)
    first = decide(base, constant(1.0, 30, 1), final=False)
    assert first.verdict is GateVerdict.CONTINUE
    assert "about 1 more trial per case" in " ".join(first.reasons)
    second = decide(base, constant(1.0, 30, 2), final=False)
    assert second.verdict is GateVerdict.PASS
    assert second.reasons == (
        "PASS on these 30 cases (0.0 points, 95% −2.6…+2.6).",
        "It cannot see a production drop smaller than 10 points; 124-371 cases would show 5.",
    )


def test_a_prompt_that_breaks_every_case_is_blocked_on_the_first_trial() -> None:
    assert decide(constant(1.0, 30, 5), constant(0.0, 30, 1), final=False).verdict is GateVerdict.BLOCK


def test_two_dead_cases_of_thirty_are_blocked_with_numbers() -> None:
    decision = decide(constant(1.0, 30, 5), with_dead_cases(2, 30, 2))
    assert decision.verdict == "block"
    assert decision.reasons[0] == "BLOCK on these 30 cases (−6.7 points, 95% −9.3…−4.0)."


def test_one_dead_case_of_thirty_lies_within_the_margin_once_confirmed() -> None:
    assert decide(constant(1.0, 30, 5), with_dead_cases(1, 30, 5)).verdict is GateVerdict.PASS


def test_a_drop_of_exactly_the_margin_is_not_more_than_the_margin() -> None:
    for cases, dead in ((20, 1), (40, 2), (60, 3), (100, 5)):
        decision = decide(constant(1.0, cases, 5), with_dead_cases(dead, cases, 5))
        assert decision.verdict is GateVerdict.INCONCLUSIVE, cases
        assert decision.suite_interval.upper < 0


def test_five_unchanged_cases_do_not_pass() -> None:
    decision = decide(constant(1.0, 5, 5), constant(1.0, 5, 30))
    assert decision.verdict is GateVerdict.INCONCLUSIVE
    assert any("20 cases needed" in reason and "this suite resolves" in reason for reason in decision.reasons)


@pytest.mark.parametrize(("cases", "passes"), [(19, False), (20, True)])
def test_the_number_of_cases_in_the_message_is_the_number_that_passes(cases: int, *, passes: bool) -> None:
    decision = decide(constant(1.0, cases, 5), constant(1.0, cases, 5))
    assert (decision.verdict is GateVerdict.PASS) is passes


def test_the_number_of_trials_in_the_message_is_the_number_that_decides() -> None:
    flaky = [[1.0, 1.0, 0.0, 1.0, 1.0]] * 12
    base, cand = flaky + constant(1.0, 28, 5), flaky + constant(1.0, 28, 5)
    decision = decide(base, cand)
    assert decision.verdict is GateVerdict.INCONCLUSIVE
    found = re.search(r"about (\d+) more trials per case would decide", " ".join(decision.reasons))
    assert found is not None, decision.reasons

    def lower(trials: int) -> float:
        spread = decision.base_variance / 5 + decision.candidate_variance / trials
        return decision.delta - float(stats.t.ppf(0.98, 39)) * math.sqrt(spread / 40)

    needed = 5 + int(found.group(1))
    assert lower(needed) > -0.05 >= lower(needed - 1)


def test_a_baseline_too_noisy_to_compare_with_is_named() -> None:
    base = [[1.0, 0.0]] * 30
    decision = decide(base, [[1.0, 0.0]] * 30)
    assert "the baseline has too few trials" in " ".join(decision.reasons)


def test_a_drop_on_the_margin_is_not_promised_a_decision() -> None:
    decision = decide(constant(1.0, 20, 5), with_dead_cases(1, 20, 5))
    assert "The measured change sits at the tolerated −5 points: more trials will not decide." in decision.reasons


def test_a_measured_drop_as_large_as_the_resolution_needs_no_more_cases() -> None:
    decision = decide(constant(1.0, 6, 5), with_dead_cases(1, 6, 3), margin=0.2)
    assert any("cannot be ruled out while the measured one is as large" in reason for reason in decision.reasons)


def test_an_improvement_is_called_one() -> None:
    decision = decide(constant(0.0, 30, 5), constant(1.0, 30, 3))
    assert decision.improved
    assert decision.verdict is GateVerdict.PASS


def test_the_rule_of_three_asks_for_sixty_trials_at_five_points() -> None:
    assert decide(constant(1.0, 59, 5), constant(1.0, 59, 1)).verdict is GateVerdict.INCONCLUSIVE
    assert decide(constant(1.0, 60, 5), constant(1.0, 60, 1)).verdict is GateVerdict.PASS
    assert decide(constant(1.0, 30, 5), constant(1.0, 30, 3), margin=0.03).verdict is GateVerdict.INCONCLUSIVE


def test_a_single_look_spends_all_of_alpha() -> None:
    base, cand = constant(1.0, 30, 5), constant(1.0, 30, 5)
    assert decide(base, cand, looks=(5,)).alpha_per_look == 0.05
    assert decide(base, cand).alpha_per_look == pytest.approx(0.02)
    one, many = decide(base, cand, looks=(5,)), decide(base, cand)
    assert one.suite_interval.lower > many.suite_interval.lower


def test_cases_of_one_cluster_count_as_one() -> None:
    base, cand = constant(1.0, 40, 5), constant(1.0, 40, 5)
    assert decide(base, cand).verdict is GateVerdict.PASS
    clustered = decide(base, cand, cluster=[f"document-{index // 4}" for index in range(40)])
    assert clustered.clusters == 10
    assert clustered.verdict is GateVerdict.INCONCLUSIVE
    assert any("20 clusters needed" in reason for reason in clustered.reasons)


def test_clusters_of_one_case_change_nothing() -> None:
    base = [[1.0, 0.0, 1.0], [0.5, 0.5, 0.25], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    cand = [[1.0, 0.0], [0.25, 0.5], [1.0, 1.0], [0.0, 1.0]]
    plain = decide(base, cand)
    for labels in (["a", "b", "c", "d"], [None, None, None, None], ["", "", "", ""]):
        assert decide(base, cand, cluster=labels).population_interval == plain.population_interval


def test_clusters_weigh_by_their_size() -> None:
    base = constant(0.0, 3, 5)
    cand = constant(1.0, 2, 5) + constant(0.0, 1, 5)
    decision = decide(base, cand, cluster=["a", "a", "b"])
    # 2/3 of the cases gained; two clusters with weighted differences 4/3 and 0, and the pseudo-cases +1 and -1
    assert decision.population_interval.lower + decision.population_interval.upper == pytest.approx(2 * (4 / 3) / 4)


def test_cases_may_be_given_by_id_in_any_order() -> None:
    base = {"a": [1.0, 1.0], "b": [0.0, 1.0], "c": [1.0, 1.0]}
    cand = {"c": [1.0], "b": [0.0], "a": [0.0]}
    by_id = decide(base, cand, cluster={"a": "x", "b": "x", "c": "y"})
    by_position = decide([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]], [[0.0], [0.0], [1.0]], cluster=["x", "x", "y"])
    assert by_id == by_position


def test_no_case_is_never_a_pass() -> None:
    for final in (True, False):
        decision = decide([], [], final=final)
        assert decision.verdict is GateVerdict.INCONCLUSIVE
        assert decision.reasons == ("NOT RUN: there is no case to compare.",)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_case_is_never_decided(value: float) -> None:
    decision = decide([[1.0] * 5], [[value] * 100])
    assert decision.verdict is GateVerdict.INCONCLUSIVE
    assert any("One case" in reason for reason in decision.reasons)


def test_cases_may_have_different_numbers_of_trials() -> None:
    base = [[1.0] * 5] * 29 + [[1.0] * 3]
    decision = decide(base, [[1.0] * 3] * 29 + [[1.0]])
    assert decision.candidate_trials == 88
    assert decision.verdict is GateVerdict.PASS


@pytest.mark.parametrize(
    ("cand", "message"),
    [
        ([[1.0, None]], "candidate, case 0: a score is a number from 0 to 1, not None"),
        ([["1.0; DROP"]], "a score is a number from 0 to 1, not '1.0; DROP'"),
        ([[math.nan]], "not nan"),
        ([[math.inf]], "not inf"),
        ([[1.1]], "not 1.1"),
        ([[-0.1]], "not -0.1"),
        ([[]], "there is no trial"),
        ([1.0], "give a list of trials, not 1.0"),
        (["1"], "give a list of trials, not '1'"),
        ([{"a": 1.0}], "give a list of trials, not {'a': 1.0}"),
        ([[1.0], [1.0]], "the baseline has 1 cases and the candidate 2"),
    ],
)
def test_wrong_input_is_named(cand: Any, message: str) -> None:
    with pytest.raises(ValueError, match="case") as caught:
        decide([[1.0]], cand)
    assert message in str(caught.value)


def test_different_cases_are_not_compared() -> None:
    with pytest.raises(ValueError, match="only one of them has b"):
        decide({"a": [1.0], "b": [1.0]}, {"a": [1.0]})
    with pytest.raises(ValueError, match="both by position"):
        decide({"a": [1.0]}, [[1.0]])
    with pytest.raises(ValueError, match="cluster labels"):
        decide([[1.0]], [[1.0]], cluster=["a", "b"])


@pytest.mark.parametrize("policy", [{"margin": 0}, {"alpha": 0.6}, {"resolution": math.nan}, {"kind": "rank"}])
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"margin|alpha|resolution|kind"):
        decide([[1.0]], [[1.0]], **policy)


@given(rows, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_cases_and_trials_does_not_matter(pair: tuple[Rows, Rows], random: Any) -> None:
    base, cand = pair
    order = list(range(len(base)))
    random.shuffle(order)

    def shuffled(rows: Rows) -> Rows:
        return [random.sample(rows[index], len(rows[index])) for index in order]

    assert decide(shuffled(base), shuffled(cand)) == decide(base, cand)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_swapping_the_arms_mirrors_the_intervals(pair: tuple[Rows, Rows]) -> None:
    base, cand = pair
    trials = max(len(base[0]), len(cand[0]), 3)
    # from three trials on both arms are treated alike
    base, cand = [(row * 3)[:trials] for row in base], [(row * 3)[:trials] for row in cand]
    there, back = decide(base, cand), decide(cand, base)
    assert there.delta == pytest.approx(-back.delta)
    for one, other in (
        (there.suite_interval, back.suite_interval),
        (there.population_interval, back.population_interval),
    ):
        assert one.lower == pytest.approx(-other.upper)
        assert one.upper == pytest.approx(-other.lower)


@given(rows, st.data())
@settings(max_examples=100, deadline=None)
def test_raising_any_candidate_score_raises_the_change(pair: tuple[Rows, Rows], data: st.DataObject) -> None:
    base, cand = pair
    case = data.draw(st.integers(0, len(cand) - 1))
    trial = data.draw(st.integers(0, len(cand[0]) - 1))
    higher = data.draw(st.floats(cand[case][trial], 1.0))
    raised = [list(row) for row in cand]
    raised[case][trial] = higher
    before, after = decide(base, cand), decide(base, raised)
    assert after.delta >= before.delta
    middle_before, middle_after = sum(before.population_interval), sum(after.population_interval)
    assert middle_after >= middle_before - 1e-12


@given(rows, st.floats(0.0, 0.5))
@settings(max_examples=100, deadline=None)
def test_raising_every_candidate_score_alike_never_makes_the_suite_interval_worse(
    pair: tuple[Rows, Rows], lift: float
) -> None:
    base, cand = pair
    cand = [(row * 3)[: max(3, len(row))] for row in cand]
    lower = [[score / 2 for score in row] for row in cand]
    lifted = [[score + lift for score in row] for row in lower]
    before, after = decide(base, lower), decide(base, lifted)
    assert after.suite_interval.lower >= before.suite_interval.lower - 1e-9
    assert after.suite_interval.upper >= before.suite_interval.upper - 1e-9


@given(rows)
@settings(max_examples=100, deadline=None)
def test_a_candidate_that_is_nowhere_worse_is_never_blocked(pair: tuple[Rows, Rows]) -> None:
    base, cand = pair
    best = [[max(score, *old) for score in row] for old, row in zip(base, cand, strict=True)]
    assert decide(base, best).verdict is not GateVerdict.BLOCK


@given(rows)
@settings(max_examples=60, deadline=None)
def test_not_being_final_only_turns_inconclusive_into_continue(pair: tuple[Rows, Rows]) -> None:
    last, between = decide(*pair), decide(*pair, final=False)
    expected = GateVerdict.CONTINUE if last.verdict is GateVerdict.INCONCLUSIVE else last.verdict
    assert between.verdict is expected


@given(rows)
@settings(max_examples=60, deadline=None)
def test_scaling_all_scores_scales_the_change(pair: tuple[Rows, Rows]) -> None:
    base, cand = pair

    def halved(rows: Rows) -> Rows:
        return [[score / 2 for score in row] for row in rows]

    assert decide(halved(base), halved(cand), kind="score").delta == pytest.approx(decide(base, cand).delta / 2)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_the_p_value_of_a_regression_agrees_with_the_verdict(pair: tuple[Rows, Rows]) -> None:
    decision = decide(*pair)
    if decision.verdict is GateVerdict.BLOCK:
        assert decision.regression_p < decision.alpha_per_look
    if decision.verdict is GateVerdict.INCONCLUSIVE:
        assert decision.regression_p >= decision.alpha_per_look


def test_integers_and_booleans_are_scores_too() -> None:
    def trials(value: float, count: int) -> Sequence[Sequence[float]]:
        return [[value] * count] * 30

    assert decide(trials(1, 5), trials(True, 2)).verdict is GateVerdict.PASS  # noqa: FBT003 - the point of the test


def test_arrays_are_lists_of_trials_too() -> None:
    base, cand = np.ones((30, 5)), np.ones((30, 2))
    decision = decide(base, cand, cluster=np.arange(30))  # type: ignore[arg-type]
    assert decision.verdict is GateVerdict.PASS
    assert type(decision.delta) is float
