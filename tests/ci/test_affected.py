"""Which prompts a change reaches, through which files; and `llmops why`, which tells the way."""

from __future__ import annotations

import json

from ci.gate_world import BASELINE, DATASET, PROJECT, PROMPT, PROMPT_TEXT, SUITE, GateWorld


def with_second_prompt(world: GateWorld) -> None:
    """Add a prompt of its own suite, with a partial that stands in another partial."""
    world.git("checkout", "-q", "main")
    text = PROMPT_TEXT.replace("id: repeat", "id: other").replace(
        "Repeat what you are told.", "'{% include \"tone\" %} Repeat.'"
    )
    world.write("prompts/other.yaml", text)
    world.write("prompts/_partials/tone.md", '{% include "house" %} Be kind.')
    world.write("prompts/_partials/house.md", "We are kind.")
    world.write("evals/other.yaml", "prompt: other\ncases: cases/other.jsonl\nmetrics:\n  - {metric: equals}\n")
    world.write("evals/cases/other.jsonl", world.read(DATASET))
    world.commit("Another prompt")
    world.git("checkout", "-q", "-B", "change")


def affected(world: GateWorld) -> dict[str, list[list[str]]]:
    found = {}
    for prompt in ("repeat", "other"):
        document = json.loads(world.llmops("why", prompt, "--base", "main", "--format", "json").out)
        if document["affected"]:
            found[prompt] = [reason["through"] for reason in document["reasons"]]
    return found


def test_nothing_changed_reaches_nothing(world: GateWorld) -> None:
    with_second_prompt(world)
    assert affected(world) == {}


def test_each_file_reaches_the_prompts_that_depend_on_it(world: GateWorld) -> None:
    with_second_prompt(world)
    ways = {
        PROMPT: {"repeat": [[PROMPT]]},
        SUITE: {"repeat": [[PROMPT, SUITE]]},
        DATASET: {"repeat": [[PROMPT, SUITE, DATASET]]},
        BASELINE: {"repeat": [[PROMPT, BASELINE]]},
        "prompts/_partials/tone.md": {"other": [["prompts/other.yaml", "prompts/_partials/tone.md"]]},
        "prompts/_partials/house.md": {"other": [["prompts/other.yaml", "prompts/_partials/house.md"]]},
        "evals/cases/other.jsonl": {"other": [["prompts/other.yaml", "evals/other.yaml", "evals/cases/other.jsonl"]]},
    }
    for path, expected in ways.items():
        before = world.read(path)
        world.write(path, before + "\n")
        assert affected(world) == expected, path
        world.write(path, before)


def test_only_the_part_of_the_project_file_that_reaches_a_prompt_counts(world: GateWorld) -> None:
    with_second_prompt(world)

    world.edit(PROJECT, "http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1")
    assert affected(world) == {}

    world.edit(PROJECT, "providers:\n", "providers:\n  echo: {protocol: echo, concurrency: 2}\n")
    assert set(affected(world)) == {"repeat", "other"}


def test_a_file_of_the_work_tree_that_git_gave_other_line_ends_has_not_changed(world: GateWorld) -> None:
    data = (world.root / PROMPT).read_bytes()
    (world.root / PROMPT).write_bytes(data.replace(b"\n", b"\r\n"))

    assert affected_only(world) == []


def affected_only(world: GateWorld) -> list[str]:
    document = json.loads(world.llmops("why", "repeat", "--base", "main", "--format", "json").out)
    return [reason["path"] for reason in document["reasons"]]


def test_added_recordings_reach_nobody_and_edited_ones_their_prompts(world: GateWorld) -> None:
    path = "evals/recordings/echo/echo.jsonl"
    document = {"digest": f"sha256:{'0' * 64}", "request": {}, "response": {"text": "a"}, "trial": 0}
    line = json.dumps(document, separators=(",", ":"))
    world.write(path, line + "\n")
    assert affected_only(world) == []
    world.git("checkout", "-q", "main")
    world.commit("Recorded")
    world.git("checkout", "-q", "-B", "change")

    world.write(path, line.replace('"a"', '"b"') + "\n")

    assert affected_only(world) == [path]
    code, report = world.gate()
    edited = [change for change in report["changes"] if change["kind"] == "recording"]
    assert (code, edited[0]["loosens"], edited[0]["line"]) == (8, True, 1)
    assert (edited[0]["base"], edited[0]["head"]) == ("a", "b")


def test_why_tells_what_a_prompt_depends_on_when_nothing_reaches_it(world: GateWorld) -> None:
    world.write("README.md", "Hello.\n")

    done = world.llmops("why", "repeat", "--base", "main")

    assert done.code == 0
    assert done.out.startswith("repeat: not selected  (main (")
    for path in (PROMPT, SUITE, DATASET, BASELINE):
        assert path in done.out


def test_why_tells_the_way(world: GateWorld) -> None:
    world.write(DATASET, world.read(DATASET) + "\n")

    done = world.llmops("why", "repeat", "--base", "main")

    assert f"changed: {PROMPT} → {SUITE} → {DATASET}" in done.out


def test_why_of_an_unknown_prompt_names_the_nearest(world: GateWorld) -> None:
    done = world.llmops("why", "repaet", "--base", "main")

    assert done.code == 2
    assert "Did you mean 'repeat'?" in done.err
