"""Three branches of this repository's own prompts through the real action.yml: pass, regression, held.

The answers are the embedded model's own, recorded (tests/data/own_prompts); on `main` they are, as if a maintainer had
recorded them there, since what a branch records itself is no evidence for it. A last test asks the model again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import GateWorld
from ci.github.act_world import Act
from ci.github.own_variants import PROMPT, copy_content, edited, with_recorded_variants
from ci.github.test_act import payload_of

from llmops_cli.gateway.model_store import models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ci.github.act_world import Result

SUITE = "evals/classify-ticket.yaml"


@pytest.fixture
def own(tmp_path: Path) -> GateWorld:
    """The registry of this repository as the `main` of another, with a branch `change`."""
    world = GateWorld(tmp_path / "own")
    world.root.mkdir()
    copy_content(world.root)
    with_recorded_variants(world.root)
    world.git("init", "-q", "-b", "main")
    world.commit("This repository's own prompts")
    world.git("checkout", "-q", "-b", "change")
    return world


def checked(own: GateWorld, tmp_path: Path, installed: Path) -> Result:
    own.commit("A change")
    (tmp_path / "act").mkdir()
    act = Act(own, tmp_path / "act", installed)
    return act.run("pull_request", dict(payload_of("pull_request", own)))


def edit_prompt(own: GateWorld, edit: str) -> None:
    own.write(PROMPT, edited(own.read(PROMPT), edit))


@pytest.mark.slow
def test_a_harmless_rewording_passes(own: GateWorld, tmp_path: Path, installed: Path) -> None:
    edit_prompt(own, "reword")

    result = checked(own, tmp_path, installed)

    assert (result.outcome, result.outputs["conclusion"]) == ("success", "success"), result.log
    assert result.outputs["affected"] == "classify-ticket"
    assert "**PASS: classify-ticket.**" in result.comment
    assert "can[-not-]" in result.comment or "[-cannot-]" in result.comment


@pytest.mark.slow
def test_a_real_regression_is_one(own: GateWorld, tmp_path: Path, installed: Path) -> None:
    edit_prompt(own, "worsen")

    result = checked(own, tmp_path, installed)

    assert (result.outcome, result.outputs["conclusion"]) == ("failure", "failure"), result.log
    assert result.outputs["exit-code"] == "1"
    assert "**REGRESSION: classify-ticket.**" in result.comment
    assert "Critical cases broken: " in result.comment


@pytest.mark.slow
def test_a_change_that_weakens_the_gate_is_held(own: GateWorld, tmp_path: Path, installed: Path) -> None:
    own.edit(SUITE, "name: right-label}", "name: right-label, min: 0.5}")

    result = checked(own, tmp_path, installed)

    assert (result.outcome, result.outputs["conclusion"]) == ("failure", "action_required"), result.log
    assert (result.outputs["exit-code"], result.outputs["held"]) == ("8", "true")
    assert "metric 'right-label' is looser: min." in result.comment


def test_a_change_that_touches_no_prompt_is_green_without_asking_anybody(own: GateWorld) -> None:
    own.write("README.md", "Hello.\n")
    own.commit("A page")

    code, report = own.gate()

    assert (code, report["prompts"], report["unaffected"]) == (0, [], 4)


def test_an_unchanged_prompt_costs_no_call_where_its_answers_are_recorded(own: GateWorld) -> None:
    own.edit(SUITE, "name: right-label}", "name: right-label, weight: 2}")

    _, report = own.gate("--replay")

    (prompt,) = report["prompts"]
    summary = prompt["decisive"]["summary"]
    assert summary["sources"] == {"recording": 40}
    assert (prompt["verdict"], prompt["paid_usd"]) == ("pass", 0)


@pytest.mark.parametrize("edit", ["reword", "worsen"])
def test_the_recorded_answers_are_those_of_the_embedded_model(
    own: GateWorld, edit: str, local_model_environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMOPS_CACHE_DIR", str(models_folder(local_model_environ).parent))
    edit_prompt(own, edit)
    sample = ("eval", "classify-ticket", "--sample", "4", "--format", "jsonl")

    live, recorded = own.llmops(*sample, "--live"), own.llmops(*sample, "--replay")

    assert answers(live.out) == answers(recorded.out)
    assert len(answers(live.out)) == 4, live.err


def answers(lines: str) -> dict[str, str]:
    trials = [json.loads(line) for line in lines.splitlines()]
    return {trial["case"]: trial["completion"]["text"] for trial in trials if trial["completion"]}
