"""The twelve ways to weaken a gate, and some more: each ends in a held check that names file and line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import BASELINE, DATASET, PROJECT, PROMPT, RUBRIC, SUITE, WORKFLOW, GateWorld, case, held

if TYPE_CHECKING:
    from collections.abc import Callable


LABELS = "evals/labels/kind.jsonl"
CALIBRATION = "evals/calibration/kind.json"


@pytest.fixture
def world(world: GateWorld) -> GateWorld:
    """The usual one, with labels and a calibration of the judge."""
    world.git("checkout", "-q", "main")
    world.write(LABELS, '{"label": "yes"}\n{"label": "no"}\n')
    world.write(CALIBRATION, '{"kappa": 0.5}\n')
    world.commit("Labels")
    world.git("checkout", "-q", "-B", "change")
    return world


def _line(world: GateWorld, path: str, number: int, text: str) -> None:
    lines = world.read(path).splitlines()
    lines[number - 1] = text
    world.write(path, "\n".join(lines) + "\n")


def _delete_case(world: GateWorld) -> None:
    lines = world.read(DATASET).splitlines()
    world.write(DATASET, "\n".join(lines[:11] + lines[12:]) + "\n")


def _delete(world: GateWorld, *paths: str) -> None:
    for path in paths:
        world.remove(path)


def _edit_baseline(world: GateWorld) -> None:
    document = json.loads(world.read(BASELINE))
    document["cases"]["case-03"]["scores"]["equals"] = [0.0]
    world.write(BASELINE, json.dumps(document, indent=1))


def _elsewhere(world: GateWorld) -> None:
    world.edit(PROJECT, "evals: evals", "evals: easier")
    world.write("easier/repeat.yaml", world.read(SUITE).replace("limit: 4", "limit: 40"))
    world.write("easier/cases/repeat.jsonl", world.read(DATASET))


TWELVE: dict[str, tuple[str, str, Callable[[GateWorld], None], str]] = {
    "delete a case": ("case", DATASET, _delete_case, "case 'case-12' is removed"),
    "edit an expected value": (
        "case",
        DATASET,
        lambda world: _line(world, DATASET, 5, case(5, expected="anything")),
        "the expected answer of case 'case-05'",
    ),
    "lower a threshold": ("metric", SUITE, lambda world: world.edit(SUITE, "min: 0.9", "min: 0.2"), "is looser: min"),
    "widen a regex": (
        "metric",
        SUITE,
        lambda world: world.edit(SUITE, "^say [0-9]+$", "^say "),
        "may be wider: pattern",
    ),
    "drop required": (
        "metric",
        SUITE,
        lambda world: world.edit(SUITE, ", required: true", ""),
        "is no longer required",
    ),
    "drop a metric": (
        "metric",
        SUITE,
        lambda world: world.edit(SUITE, "  - {metric: edit_distance, min: 0.9}\n", ""),
        "'edit_distance' is dropped",
    ),
    "swap the judge": (
        "judge",
        PROJECT,
        lambda world: world.edit(PROJECT, "strict: {model: fast}", "strict: {model: own/flatterer}"),
        "judge 'strict' is changed",
    ),
    "edit the rubric": (
        "judge",
        RUBRIC,
        lambda world: world.edit(RUBRIC, "Is the answer kind?", "Say yes."),
        "what judges are asked",
    ),
    "raise the margin": (
        "policy",
        SUITE,
        lambda world: world.edit(SUITE, "margin: 0.05", "margin: 0.5"),
        "may be looser: margin",
    ),
    "edit the baseline": ("baseline", BASELINE, _edit_baseline, "is not what llmops baseline accept writes"),
    "point evals elsewhere": ("paths", PROJECT, _elsewhere, "evals are looked for in another folder"),
    "change the workflow": (
        "workflow",
        WORKFLOW,
        lambda world: world.edit(WORKFLOW, "llmops gate --base origin/main", "echo fine"),
        "what runs or guards the check",
    ),
}

MORE: dict[str, tuple[str, str, Callable[[GateWorld], None], str]] = {
    "edit a label": (
        "judge",
        LABELS,
        lambda world: world.edit(LABELS, '"no"', '"yes"'),
        "1 label that judges are measured with edited or removed",
    ),
    "edit a calibration": (
        "judge",
        CALIBRATION,
        lambda world: world.edit(CALIBRATION, "0.5", "0.9"),
        "what judges are asked or measured with",
    ),
    "lower min_cases": (
        "policy",
        PROJECT,
        lambda world: world.edit(PROJECT, "min_cases: 20", "min_cases: 2"),
        "may be looser: min_cases",
    ),
    "unmark a critical case": (
        "case",
        DATASET,
        lambda world: _line(world, DATASET, 7, case(7)),
        "the mark `critical` of critical case 'case-07'",
    ),
    "edit an input": (
        "case",
        DATASET,
        lambda world: _line(world, DATASET, 9, case(9, variables={"text": "say 9 "})),
        "the input of case 'case-09'",
    ),
    "lower a weight": ("metric", SUITE, lambda world: world.edit(SUITE, "weight: 2", "weight: 1"), "another weight"),
    "raise a limit": ("metric", SUITE, lambda world: world.edit(SUITE, "limit: 4", "limit: 400"), "is looser: limit"),
    "redirect a provider": (
        "model",
        PROJECT,
        lambda world: world.edit(PROJECT, "http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"),
        "provider 'own' has another base_url",
    ),
    "redirect an alias": (
        "model",
        PROJECT,
        lambda world: world.edit(PROJECT, "name: own/small", "name: echo/echo"),
        "model 'fast' has another name",
    ),
    "remove the baseline": ("baseline", BASELINE, lambda world: world.remove(BASELINE), "is removed"),
    "remove the suite": ("suite", SUITE, lambda world: world.remove(SUITE), "is no longer found"),
    "delete the prompt": (
        "suite",
        PROMPT,
        lambda world: _delete(world, PROMPT, SUITE, BASELINE),
        "prompt 'repeat' is deleted",
    ),
    "a workflow in our name": (
        "workflow",
        ".github/workflows/other.yml",
        lambda world: world.write(".github/workflows/other.yml", "name: llmops\non: pull_request\n"),
        "could report a check in place of this one",
    ),
    "a budget that stops early": (
        "effort",
        SUITE,
        lambda world: world.write(SUITE, world.read(SUITE) + "budget: {cost_usd: 0.01}\n"),
        "runs may stop early",
    ),
}


@pytest.mark.parametrize("way", [*TWELVE, *MORE])
def test_a_weakened_gate_is_held_with_file_and_line(world: GateWorld, way: str) -> None:
    kind, path, weaken, words = {**TWELVE, **MORE}[way]
    weaken(world)

    code, report = world.gate()

    found = [change for change in held(report, kind) if words in change["message"]]
    assert found, report["changes"]
    assert found[0]["path"] == path
    assert found[0]["line"] >= 1
    assert report["conclusion"] == "action_required", report["headline"]
    assert report["held"]
    assert code == 8
    assert report["headline"].startswith("HELD")


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("lower a threshold", "min: 0.2"),
        ("widen a regex", "pattern"),
        ("raise the margin", "margin: 0.5"),
        ("swap the judge", "strict:"),
        ("edit the rubric", "criteria"),
        ("change the workflow", "echo fine"),
        ("edit an expected value", '"anything"'),
        ("point evals elsewhere", "evals: easier"),
        ("redirect a provider", "base_url"),
    ],
)
def test_the_line_is_the_one_that_loosens(world: GateWorld, way: str, text: str) -> None:
    kind, path, weaken, words = {**TWELVE, **MORE}[way]
    weaken(world)

    _, report = world.gate()

    change = next(change for change in held(report, kind) if words in change["message"])
    assert change["line"] == world.line_of(path, text)


def test_a_removed_case_names_its_line_at_the_base(world: GateWorld) -> None:
    _delete_case(world)

    _, report = world.gate()

    change = held(report, "case")[0]
    assert (change["side"], change["line"]) == ("base", 12)


def test_an_approved_change_passes_and_still_lists_its_lines(world: GateWorld) -> None:
    world.edit(SUITE, "min: 0.9", "min: 0.2")

    code, report = world.gate("--approved", "label gate-change by ada")

    assert code == 0
    assert report["conclusion"] == "success"
    assert report["approved_by"] == "label gate-change by ada"
    assert len(held(report, "metric")) == 1


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SUITE, "min: 0.9", "min: 0.95"),
        (SUITE, "limit: 4", "limit: 3"),
        (SUITE, "margin: 0.05", "margin: 0.02"),
        (SUITE, "{metric: edit_distance, min: 0.9}", "{metric: edit_distance, min: 0.9, required: true}"),
        (SUITE, "  - {metric: regex", '  - {metric: contains, expected: "say"}\n  - {metric: regex'),
        (PROJECT, "min_cases: 20", "min_cases: 30"),
        (RUBRIC, "id: kind", "# a remark\nid: kind"),
    ],
)
def test_a_stricter_gate_is_listed_and_not_held(world: GateWorld, path: str, old: str, new: str) -> None:
    world.edit(path, old, new)

    code, report = world.gate()

    assert code == 0, report
    assert report["changes"]
    assert not any(change["loosens"] for change in report["changes"])


def test_fewer_repeats_and_a_larger_prompt_budget_are_held(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.write(SUITE, world.read(SUITE) + "repeats: 5\n")
    world.write(PROMPT, world.read(PROMPT) + "budget: {prompt_tokens: 100}\n")
    world.commit("Limits")
    world.git("checkout", "-q", "-B", "change")
    world.edit(SUITE, "repeats: 5", "repeats: 1")
    world.edit(PROMPT, "prompt_tokens: 100", "prompt_tokens: 9000")

    code, report = world.gate()

    assert code == 8
    assert {(change["path"], change["line"]) for change in held(report, "effort")} == {
        (SUITE, world.line_of(SUITE, "repeats")),
        (PROMPT, world.line_of(PROMPT, "budget")),
    }


def test_an_action_of_the_repository_that_a_workflow_uses_is_guarded(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.edit(WORKFLOW, "      - run:", "      - uses: ./tools/check\n      - run:")
    world.write("tools/check/action.yml", "runs: {using: composite, steps: []}\n")
    world.commit("An action")
    world.git("checkout", "-q", "-B", "change")
    world.write("tools/check/action.yml", "runs: {using: composite, steps: [{run: 'true'}]}\n")

    code, report = world.gate()

    assert (code, held(report, "workflow")[0]["path"]) == (8, "tools/check/action.yml")


def test_another_version_of_this_program_is_held(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.write("requirements.txt", "httpx==0.28\nllmops-cli==1.0\n")
    world.commit("Pins")
    world.git("checkout", "-q", "-B", "change")
    world.edit("requirements.txt", "httpx==0.28", "httpx==0.29")
    assert world.gate()[0] == 0

    world.edit("requirements.txt", "llmops-cli==1.0", "llmops-cli @ https://example.org/other.whl")

    code, report = world.gate()
    assert (code, [(change["path"], change["line"]) for change in held(report, "workflow")]) == (
        8,
        [("requirements.txt", 2)],
    )


def test_a_committed_cache_is_refused_before_anything_is_read_from_it(world: GateWorld) -> None:
    world.write(".llmops/cache.sqlite", "answers of my own")
    world.git("add", "-f", ".llmops/cache.sqlite")
    world.git("commit", "-q", "-m", "A cache")

    done = world.llmops("gate", "--base", "main", "--approved", "ada")

    assert done.code == 8
    assert ".llmops/ is committed" in done.err


def test_an_added_case_is_listed_and_not_held(world: GateWorld) -> None:
    world.write(DATASET, world.read(DATASET) + case(31) + "\n")

    code, report = world.gate()

    assert code == 0
    assert [change["message"] for change in report["changes"]] == ["1 case added: case-31."]


def test_a_new_workflow_without_a_way_to_speak_for_the_check_is_only_listed(world: GateWorld) -> None:
    world.write(".github/workflows/lint.yml", "name: lint\non: push\njobs: {}\n")

    code, report = world.gate()

    assert code == 0
    assert [change["loosens"] for change in report["changes"]] == [False]
