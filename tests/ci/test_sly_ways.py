"""Sly ways to weaken a gate: files under other names, links, encodings, names that are written twice.

Each is tried on the work tree and as a commit. None may end green; most are held, the rest are errors of the files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import BASELINE, DATASET, PROJECT, PROMPT, PROMPT_TEXT, RUBRIC, SUITE, WORKFLOW, GateWorld, case

if TYPE_CHECKING:
    from collections.abc import Callable

    Way = Callable[[GateWorld], None]

HELD, INVALID, REGRESSION, NOT_RUN, INCOMPARABLE = 8, 3, 1, 6, 7
LAX = "prompt: repeat\ncases: cases/repeat.jsonl\nmetrics:\n  - {metric: max_words, limit: 900}\n"


def break_prompt(world: GateWorld) -> None:
    """What each of the ways wants to get through."""
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    world.bump()


def move(world: GateWorld, path: str, to: str) -> None:
    world.write(to, world.read(path))
    world.remove(path)


def link(world: GateWorld, path: str) -> None:
    move(world, path, "notes/target")
    (world.root / path).symlink_to(world.root / "notes/target")


def rename_case(world: GateWorld) -> None:
    # the Cyrillic letter looks the same
    world.edit(DATASET, '"case-07"', '"c\u0430se-07"')


def edit_bytes(world: GateWorld, path: str, edit: Callable[[bytes], bytes]) -> None:
    file = world.root / path
    file.write_bytes(edit(file.read_bytes()))


def move_prompt(world: GateWorld) -> None:
    move(world, PROMPT, "prompts/repeat-all.yaml")
    world.edit("prompts/repeat-all.yaml", "id: repeat", "id: repeat-all")
    world.write("evals/repeat-all.yaml", LAX.replace("prompt: repeat", "prompt: repeat-all"))


def lax_new_prompt(world: GateWorld) -> None:
    world.write("prompts/other.yaml", PROMPT_TEXT.replace("id: repeat", "id: other"))
    world.write("evals/other.yaml", LAX.replace("prompt: repeat", "prompt: other"))


def replace_by_submodule(world: GateWorld) -> None:
    commit = world.git("rev-parse", "HEAD")
    world.git("rm", "-q", "-r", "evals")
    world.write(".gitmodules", '[submodule "evals"]\n\tpath = evals\n\turl = https://example.org/easier.git\n')
    world.git("add", ".gitmodules")
    world.git("update-index", "--add", "--cacheinfo", f"160000,{commit},evals")


WAYS: dict[str, tuple[Way, set[int]]] = {
    "rename the suite": (lambda world: move(world, SUITE, "evals/repeat-old.yaml"), {HELD, INVALID}),
    "the suite as .yml": (lambda world: move(world, SUITE, "evals/repeat.yml"), {HELD, INVALID, REGRESSION}),
    "move the prompt to another id": (move_prompt, {HELD, INVALID}),
    "a second suite that shadows": (lambda world: world.write("evals/a/repeat.yaml", LAX), {REGRESSION, INVALID}),
    "a second suite as .yml": (lambda world: world.write("evals/repeat.yml", LAX), {REGRESSION, INVALID}),
    "a key twice": (lambda world: world.edit(SUITE, "gate:", "metrics: []\ngate:"), {INVALID}),
    "a second document": (lambda world: world.write(SUITE, world.read(SUITE) + "---\n" + LAX), {INVALID}),
    "an anchor": (lambda world: world.edit(SUITE, "gate:\n", "gate: &lax\n"), {INVALID}),
    "a link for the suite": (lambda world: link(world, SUITE), {HELD, INVALID, REGRESSION}),
    "a link for the cases": (lambda world: link(world, DATASET), {INVALID, HELD}),
    "a link for the baseline": (lambda world: link(world, BASELINE), {HELD, REGRESSION}),
    "a link for the prompt": (lambda world: link(world, PROMPT), {HELD, INVALID}),
    "a link for the project file": (lambda world: link(world, PROJECT), {HELD, INVALID, REGRESSION}),
    "a case of the same id twice": (
        lambda world: world.write(DATASET, world.read(DATASET) + case(7, expected="anything") + "\n"),
        {INVALID},
    ),
    "a name twice in a case": (
        lambda world: world.edit(DATASET, '"expected": "say 7"', '"expected": "say 7", "expected": "Well, say 7"'),
        {INVALID},
    ),
    "a look-alike id": (rename_case, {HELD, INVALID, REGRESSION}),
    "a byte order mark": (
        lambda world: edit_bytes(world, DATASET, lambda data: b"\xef\xbb\xbf" + data),
        {INVALID, REGRESSION},
    ),
    "cases as UTF-16": (
        lambda world: edit_bytes(world, DATASET, lambda data: data.decode().encode("utf-16")),
        {INVALID},
    ),
    "a NUL byte": (
        lambda world: edit_bytes(world, DATASET, lambda data: data.replace(b"say 7", b"say\0 7", 1)),
        {INVALID},
    ),
    "lines that end in CR": (
        lambda world: edit_bytes(world, DATASET, lambda data: data.replace(b"\n", b"\r")),
        {INVALID, HELD},
    ),
    "cut the cases in the middle": (
        lambda world: edit_bytes(world, DATASET, lambda data: data[: len(data) // 2]),
        {INVALID, HELD, REGRESSION},
    ),
    "cut the baseline in the middle": (
        lambda world: edit_bytes(world, BASELINE, lambda data: data[: len(data) // 2]),
        {HELD, REGRESSION},
    ),
    "delete the workflow": (lambda world: world.remove(WORKFLOW), {HELD, REGRESSION}),
    "an empty workflow": (lambda world: world.write(WORKFLOW, ""), {HELD, REGRESSION}),
    "delete the project file": (lambda world: world.remove(PROJECT), {HELD, REGRESSION}),
    "delete the rubric": (lambda world: world.remove(RUBRIC), {HELD, REGRESSION}),
    "a provider that echoes": (
        lambda world: world.edit(
            PROJECT,
            '{protocol: openai, base_url: "http://127.0.0.1:9/v1", api_key: {env: OWN_KEY}}',
            "{protocol: echo}",
        ),
        {HELD, REGRESSION},
    ),
    "a provider that replays": (
        lambda world: world.edit(
            PROJECT,
            '{protocol: openai, base_url: "http://127.0.0.1:9/v1", api_key: {env: OWN_KEY}}',
            "{protocol: replay}",
        ),
        {HELD, REGRESSION},
    ),
    "a provider in place of a built-in one": (
        lambda world: world.edit(PROJECT, "providers:\n", "providers:\n  echo: {protocol: replay}\n"),
        {HELD, REGRESSION},
    ),
    "attributes that hide the files": (
        lambda world: world.write(".gitattributes", "evals/** -diff linguist-generated=true\n* text eol=crlf\n"),
        {HELD, REGRESSION},
    ),
    "a suite of its own for a new prompt": (
        lax_new_prompt,
        {REGRESSION, INVALID},
    ),
}


@pytest.mark.parametrize("committed", [False, True], ids=["work tree", "commit"])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_sly_lets_a_broken_prompt_through(world: GateWorld, way: str, committed: bool) -> None:  # noqa: FBT001
    weaken, ends = WAYS[way]
    break_prompt(world)
    weaken(world)
    if committed:
        world.commit("Sly")

    done = world.llmops("gate", "--base", "main", "--format", "json", *(["--head", "change"] if committed else []))

    assert done.code in ends, (done.code, done.out[:3000], done.err)
    assert done.code == INVALID or json.loads(done.out)["conclusion"] in {"failure", "action_required"}


def test_a_submodule_in_place_of_the_suites_lets_nothing_through(world: GateWorld) -> None:
    break_prompt(world)
    world.git("add", "-A")
    replace_by_submodule(world)
    world.git("commit", "-q", "-m", "Suites from elsewhere")

    code, report = world.gate("--head", "change")

    assert code in {HELD, INVALID, REGRESSION}
    assert report["conclusion"] in {"failure", "action_required"}
