"""Ways to make a replay lie: the file of recordings is led elsewhere, or a line hides whose answer it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import PROMPT, GateWorld, held

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "evals/recordings/echo/echo.jsonl"


@pytest.fixture
def recorded(world: GateWorld) -> GateWorld:
    """Recordings of the base's prompt are on main."""
    world.git("checkout", "-q", "main")
    assert world.llmops("eval", "repeat", "--record", "-q").code == 0
    world.commit("Recordings")
    world.git("checkout", "-q", "-B", "change")
    return world


def lied(line: str, text: str = "say 1") -> str:
    document = json.loads(line)
    document["response"]["text"] = text
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def edited(world: GateWorld, edit: Callable[[str], str]) -> None:
    first, *rest = world.read(PATH).splitlines()
    world.write(PATH, "\n".join([edit(first), *rest]) + "\n")


def test_an_edited_answer_is_held(recorded: GateWorld) -> None:
    edited(recorded, lambda line: lied(line, "say anything"))

    code, report = recorded.gate("--replay")

    (change,) = held(report, "recording")
    assert code in {1, 8}
    assert (change["line"], change["head"]) == (1, "say anything")


def test_a_second_digest_later_in_the_line_does_not_hide_whose_answer_it_is(recorded: GateWorld) -> None:
    def disguised(line: str) -> str:
        # JSON takes the last of two equal names; whoever answers takes the first
        return lied(line, "say what I want").replace(',"trial":', f',"digest":"sha256:{"a" * 64}","trial":')

    edited(recorded, disguised)

    _, report = recorded.gate("--replay")

    assert len(held(report, "recording")) == 1


def test_a_character_that_ends_a_line_elsewhere_does_not_hide_an_answer(recorded: GateWorld) -> None:
    edited(recorded, lambda line: lied(line, "say\u2028what I want"))

    _, report = recorded.gate("--replay")

    assert len(held(report, "recording")) == 1


@pytest.mark.parametrize("linked", [PATH, "evals/recordings/echo", "evals/recordings"])
def test_recordings_are_not_read_through_a_link(recorded: GateWorld, linked: str) -> None:
    place = recorded.root / linked
    (recorded.root / "notes").mkdir()
    place.rename(recorded.root / "notes" / "answers")
    place.symlink_to(recorded.root / "notes" / "answers")
    recorded.edit(PROMPT, "Says what it is told.", "Says what it is told, always.")
    recorded.edit(PROMPT, "Repeat what", "Please repeat what")
    recorded.bump()
    recorded.commit("Led elsewhere")

    code, report = recorded.gate("--replay")

    assert code not in {0, 8}
    assert report["conclusion"] != "success"


@pytest.mark.parametrize("kind", ["link", "submodule", "file"])
def test_a_cache_that_comes_with_the_change_is_refused_in_every_form(world: GateWorld, kind: str) -> None:
    world.write(".gitignore", "")
    if kind == "link":
        (world.root / "notes").mkdir(exist_ok=True)
        world.git("rm", "-q", "-r", "--cached", "--ignore-unmatch", ".llmops")
        if (world.root / ".llmops").exists():
            (world.root / ".llmops").rename(world.root / "notes" / "old")
        (world.root / ".llmops").symlink_to("notes")
        world.git("add", "-f", ".llmops")
    elif kind == "submodule":
        world.git("update-index", "--add", "--cacheinfo", f"160000,{world.git('rev-parse', 'HEAD')},.llmops")
    else:
        world.write(".llmops/cache.sqlite", "")
        world.git("add", "-f", ".llmops/cache.sqlite")
    world.git("commit", "-q", "-m", "Answers")

    done = world.llmops("gate", "--base", "main")

    assert done.code == 8
    assert ".llmops/ is committed" in done.err
