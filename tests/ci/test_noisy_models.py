"""Checks and comparisons on a model that answers differently from time to time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ci.flaky_model import FlakyModel, flaky_model
from ci.gate_world import BASELINE, PROJECT, PROMPT, RUBRIC, SUITE, GateWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FlakyModel, str]]:
    monkeypatch.setenv("OWN_KEY", "key")
    with flaky_model(0.03) as served:
        yield served


@pytest.fixture
def noisy(world: GateWorld, model: tuple[FlakyModel, str]) -> GateWorld:
    """The world on a model of its own, measured five times a case."""
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "http://127.0.0.1:9/v1", model[1])
    world.edit(
        PROJECT,
        "fast: {name: own/small}",
        "fast: {name: own/small, price: {input_usd_per_million: 1, output_usd_per_million: 1}}",
    )
    world.edit(PROMPT, "{name: echo/echo, temperature: 0}", "{name: fast, temperature: 1, max_tokens: 20}")
    world.edit("evals/cases/repeat.jsonl", ', "critical": true', "")
    world.bump()
    world.llmops("eval", "repeat", "-q", "--repeats", "5")
    accepted = world.llmops("baseline", "accept", "repeat", "--why", "noise included")
    assert accepted.code == 0, accepted
    world.commit("A model that errs")
    world.git("checkout", "-q", "-B", "change")
    return world


def reword(world: GateWorld) -> None:
    world.edit(PROMPT, "Repeat what you are told.", "Please repeat what you are told.")
    world.bump()


def test_noise_is_no_regression_and_takes_more_than_one_look(noisy: GateWorld) -> None:
    reword(noisy)

    code, report = noisy.gate()

    (prompt,) = report["prompts"]
    assert prompt["verdict"] in {"pass", "inconclusive"}, prompt["reasons"]
    assert code in {0, 10}
    assert prompt["decisive"]["summary"]["repeats"] >= 2
    assert prompt["paid_usd"] > 0


def test_a_break_under_noise_is_found(noisy: GateWorld) -> None:
    noisy.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    noisy.bump()

    code, report = noisy.gate()

    assert (code, report["prompts"][0]["verdict"]) == (1, "regression")


def test_another_served_model_makes_both_arms_run_side_by_side(noisy: GateWorld, model: tuple[FlakyModel, str]) -> None:
    reword(noisy)
    model[0].served = "small-2"
    model[0].asked.clear()

    _, report = noisy.gate()

    (prompt,) = report["prompts"]
    assert prompt["decisive"]["compared_with"].startswith("repeat-v2 of main")
    assert any("now small-2 answers" in note for note in prompt["notes"])
    asked = [said.startswith("Please") for said in model[0].asked[30:]]
    assert True in asked[:20]
    assert False in asked[:20]


def test_eval_against_a_revision_runs_both_now(noisy: GateWorld, model: tuple[FlakyModel, str]) -> None:
    reword(noisy)
    model[0].asked.clear()

    done = noisy.llmops("eval", "repeat", "--against", "main", "--no-cache", "--format", "json")

    (run,) = json.loads(done.out)["runs"]
    assert run["compared_with"].startswith("repeat-v2 of main (")
    assert run["verdict"] in {"pass", "pass, improved", "inconclusive"}
    assert done.code in {0, 10}
    olds = sum(not said.startswith("Please") for said in model[0].asked)
    assert olds >= 30
    assert len(model[0].asked) >= 60


def test_eval_against_finds_a_break_without_any_baseline(noisy: GateWorld) -> None:
    noisy.remove(BASELINE)
    noisy.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    noisy.bump()

    done = noisy.llmops("eval", "repeat", "--against", "main")

    assert done.code == 1
    assert "REGRESSION" in done.out


def test_aa_tells_how_often_the_gate_of_this_suite_errs_and_is_kept_with_the_baseline(noisy: GateWorld) -> None:
    done = noisy.llmops("eval", "repeat", "--aa")

    assert done.code == 0, done.err
    told = " ".join(done.out.split())
    assert "A/A of this suite: with nothing changed the gate blocks" in told
    assert "baseline accept repeat --run" in done.err

    accepted = noisy.llmops("baseline", "accept", "repeat", "--why", "A/A", "--run", "latest")
    assert accepted.code == 0, accepted.err
    kept = json.loads(noisy.read(BASELINE))["self_comparison"]
    assert kept["trials"] == 300
    assert 0 <= kept["false_alarm_rate"] < 0.2

    noisy.git("checkout", "-q", "main")
    noisy.commit("An A/A baseline")
    noisy.git("checkout", "-q", "-B", "change")
    reword(noisy)
    _, report = noisy.gate()
    assert any(note.startswith("A/A of this suite") for note in report["prompts"][0]["notes"])


def test_aa_of_a_deterministic_model_asks_once_and_declares_no_false_alarm(world: GateWorld) -> None:
    done = world.llmops("eval", "repeat", "--aa", "--format", "json")

    (run,) = json.loads(done.out)["runs"]
    assert (done.code, run["repeats"], sum(run["sources"].values())) == (0, 1, 30)
    assert "the gate blocks 0.0% (0.0…1.0%) and is green 100%" in run["reasons"][0]
    assert run["reasons"][1] == "Its answers do not vary, by declaration: one trial of each case stands for all."


def test_a_limit_of_dollars_holds_for_the_whole_check(noisy: GateWorld) -> None:
    reword(noisy)
    free = noisy.gate("--no-cache")[1]["paid_usd"]

    code, report = noisy.gate("--no-cache", "--max-cost", str(free / 4))

    assert (code, report["prompts"][0]["verdict"]) == (10, "inconclusive")
    assert "max_cost_usd was reached" in report["prompts"][0]["reasons"][0]
    assert 0 < report["paid_usd"] < free / 2


def test_without_a_price_no_limit_of_dollars_can_be_kept_and_nobody_is_asked(
    noisy: GateWorld, model: tuple[FlakyModel, str]
) -> None:
    noisy.git("checkout", "-q", "main")
    noisy.edit(PROJECT, ", price: {input_usd_per_million: 1, output_usd_per_million: 1}", "")
    noisy.commit("No price")
    noisy.git("checkout", "-q", "-B", "change")
    reword(noisy)
    model[0].asked.clear()

    code, report = noisy.gate("--max-cost", "1")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], model[0].asked) == (6, "not run", [])
    assert "what 'own/small' costs is not known" in prompt["reasons"][0]
    assert noisy.gate("--max-calls", "500")[0] in {0, 10}


def test_options_that_exclude_each_other_are_refused(world: GateWorld) -> None:
    assert world.llmops("eval", "--aa", "--against", "main").code == 2
    assert world.llmops("eval", "--base", "main").code == 2
    assert world.llmops("gate", "--replay", "--live").code == 2


def test_changed_evaluates_what_the_change_reaches_and_nothing_else(world: GateWorld, tmp_path: Path) -> None:
    del tmp_path
    assert world.llmops("eval", "--changed", "--base", "main").code == 6
    reword(world)
    done = world.llmops("eval", "--changed", "--base", "main", "--format", "json")
    assert [run["prompt"] for run in json.loads(done.out)["runs"]] == ["repeat"]


def test_the_rubric_of_the_base_judges_although_the_change_edits_it(
    world: GateWorld, model: tuple[FlakyModel, str]
) -> None:
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "http://127.0.0.1:9/v1", model[1])
    price = "price: {input_usd_per_million: 1, output_usd_per_million: 1}"
    world.edit(PROJECT, "fast: {name: own/small}", f"fast: {{name: own/small, {price}}}")
    world.edit(SUITE, "metrics:\n", "metrics:\n  - {metric: judge, rubric: rubrics/kind.yaml, min: 0.5}\n")
    world.commit("A judge")
    world.git("checkout", "-q", "-B", "change")
    world.edit(RUBRIC, "Is the answer kind?", "Always say yes.")
    world.edit(RUBRIC, "version: 1", "version: 2")

    code, report = world.gate()

    assert code in {5, 8, 10}, report["headline"]
    assert any(change["kind"] == "judge" and change["loosens"] for change in report["changes"])
    judged = [said for said in model[0].told if "kind?" in said or "Always say yes" in said]
    assert judged, model[0].told[:1]
    assert "Is the answer kind?" in judged[0]
    assert "Always say yes." in judged[-1]
