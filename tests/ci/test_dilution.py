"""Cases that ask for nothing: they hide nothing in the change that adds them, and are held before they can later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ci.gate_world import DATASET, PROMPT, SUITE, GateWorld, case, held

if TYPE_CHECKING:
    from pathlib import Path

STRONG = """\
prompt: repeat
cases: cases/repeat.jsonl
metrics:
  - {metric: contains, expected: fine}
gate: {margin: 0.05}
"""


@pytest.fixture
def strong(tmp_path: Path) -> GateWorld:
    """A suite that no answer without knowledge passes: the right one is not in the question."""
    world = GateWorld(tmp_path / "strong").build(baseline=False)
    world.git("checkout", "-q", "main")
    world.write(SUITE, STRONG)
    world.edit(PROMPT, "temperature: 0}", "temperature: 0, extra: {reply: that is fine}}")
    world.commit("A strong suite")
    world.accept()
    world.git("checkout", "-q", "-B", "change")
    return world


def add(world: GateWorld, *rows: str) -> None:
    world.write(DATASET, world.read(DATASET) + "\n".join(rows) + "\n")


def easy(number: int) -> str:
    # the question itself holds what the answer must
    return case(number, variables={"text": f"is {number} fine?"})


def test_easy_cases_do_not_hide_a_regression_in_the_change_that_adds_them(world: GateWorld) -> None:
    # two of thirty cases break: beside 300 easy ones that is 0.6 points, far inside the margin
    world.edit(
        PROMPT,
        'content: "{{ text }}"',
        "content: \"{% if text == 'say 3' or text == 'say 4' %}no{% else %}{{ text }}{% endif %}\"",
    )
    world.bump()
    add(world, *(case(number) for number in range(100, 400)))

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (1, "regression")
    assert prompt["decisive"]["suite_from"] == "base"
    assert {metric["cases"] for metric in prompt["decisive"]["metrics"]} == {30}


def test_added_cases_that_ask_for_nothing_are_held_with_what_they_cost(strong: GateWorld) -> None:
    add(strong, *(easy(number) for number in range(100, 120)))

    code, report = strong.gate()

    (change,) = held(report, "case")
    assert (code, report["conclusion"]) == (8, "action_required")
    assert (change["path"], change["line"]) == (DATASET, 31)
    assert change["message"] == (
        "added cases ask for nothing: answering with the question itself passes 20 of 20 of them;"
        " one broken case is 3.3 points of the average today and 2.0 then."
    )
    assert strong.gate("--approved", "ada")[0] == 0


def test_a_few_easy_cases_and_any_number_of_real_ones_are_welcome(strong: GateWorld) -> None:
    add(strong, easy(100), easy(101), *(case(number) for number in range(200, 240)))

    code, report = strong.gate()

    assert code == 0
    assert [change for change in report["changes"] if change["loosens"]] == []


def test_a_change_that_makes_the_suite_weak_is_held(strong: GateWorld) -> None:
    add(strong, *(easy(number) for number in range(100, 140)))
    strong.edit(SUITE, "expected: fine", "expected: i")

    _, report = strong.gate()

    (change,) = held(report, "suite")
    assert change["message"].startswith("the suite becomes weak: answering with the question itself passes ")
    assert change["message"].endswith("and no such answer passed more than 0 of 30 before.")


def test_a_suite_that_was_weak_before_is_not_held_for_it(world: GateWorld) -> None:
    world.edit(SUITE, "min: 0.9", "min: 0.95")

    code, report = world.gate()

    assert (code, held(report, "suite")) == (0, [])
