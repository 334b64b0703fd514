"""Agreement and corrected pass rates against values that others computed or published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.evals.judges.agreement import cohen_kappa, gwet_ac1
from llmops_cli.evals.judges.prediction_powered import ppi_mean

TABLES = {
    "two": [[20, 5], [10, 15]],  # the worked example of the Wikipedia article on Cohen's kappa
    "three": [[44, 5, 1], [7, 20, 3], [9, 5, 6]],
    "paradox": [[118, 5], [2, 0]],  # nearly all alike: kappa is useless, AC1 is not
}
# statsmodels 0.14 cohens_kappa: kappa, lower and upper 95% bound
KAPPA = {
    "two": (0.4, 0.151092290476661, 0.6489077095233389),
    "three": (0.49152542372881347, 0.35015820121748686, 0.6328926462401401),
    "paradox": (-0.02339181286549608, -0.04747341343107997, 0.0006897877000878114),
}
# irrCAC (Gwet's own formulas), gwet(): coefficient and 95% interval, five digits
AC1 = {
    "two": (0.40594, 0.14174, 0.67015),
    "three": (0.57597, 0.4406, 0.71134),
    "paradox": (0.94078, 0.89514, 0.98641),
}


def pairs_of(table: list[list[int]]) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)]


@pytest.mark.parametrize("name", TABLES)
def test_kappa_and_its_interval_are_those_of_statsmodels(name: str) -> None:
    found = cohen_kappa(pairs_of(TABLES[name]))
    assert (found.value, *found.interval) == pytest.approx(KAPPA[name], abs=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_ac1_and_its_interval_are_those_of_irrcac(name: str) -> None:
    found = gwet_ac1(pairs_of(TABLES[name]))
    assert (found.value, *found.interval) == pytest.approx(AC1[name], abs=6e-6)


# people and judge on 60 answers, and a judge that passes 235 of 300 others: ppi_py 0.2.3 (the authors' library)
PEOPLE = "101110111111111101101111111011111111111110111111101111111101"
JUDGE = "101110110111111110101011111011111111111100111111101010111101"


def test_ppi_is_that_of_its_authors_library() -> None:
    labels, judged = [float(c) for c in PEOPLE], [float(c) for c in JUDGE]
    others = [1.0] * 235 + [0.0] * 65
    whole = ppi_mean(labels, judged, others, weight=1.0, small_sample=False)
    assert (whole.value, *whole.interval) == pytest.approx(
        (0.8666666666666667, 0.770759629741459, 0.9625737035918744), abs=1e-12
    )
    tuned = ppi_mean(labels, judged, others, small_sample=False)
    assert (tuned.value, *tuned.interval) == pytest.approx(
        (0.8666666666666667, 0.796123968392818, 0.9372093649405154), abs=1e-6
    )
    few = ppi_mean(labels, judged, others)
    assert few.interval.upper > tuned.interval.upper


def test_without_other_answers_the_corrected_rate_is_the_peoples_own() -> None:
    found = ppi_mean([1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [])
    assert (found.value, found.weight) == (0.75, 0.0)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")), min_size=2, max_size=60))
def test_agreement_does_not_depend_on_order_or_on_who_is_who(pairs: list[tuple[str, str]]) -> None:
    swapped = [(b, a) for a, b in reversed(pairs)]
    for measure in (cohen_kappa, gwet_ac1):
        assert measure(pairs).value == pytest.approx(measure(swapped).value)
        assert measure(pairs).value <= 1.0 + 1e-12
        assert measure(pairs).interval.lower <= measure(pairs).value + 1e-12


@given(st.lists(st.sampled_from("ab"), min_size=2, max_size=30))
def test_the_same_answers_agree_perfectly(answers: list[str]) -> None:
    pairs = [(a, a) for a in answers]
    assert gwet_ac1(pairs).value == pytest.approx(1.0)
    if len(set(answers)) > 1:
        assert cohen_kappa(pairs).value == pytest.approx(1.0)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        cohen_kappa([])
    with pytest.raises(ValueError, match="at least two answers"):
        ppi_mean([1.0], [1.0], [])
