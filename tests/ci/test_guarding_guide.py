"""The guide's transcript is what the command prints, and its tables name every guard and every conclusion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ci.gate_world import DATASET, PROMPT, SUITE, WORKFLOW, case

from llmops_cli.ci.guard import GUARDS

if TYPE_CHECKING:
    from ci.gate_world import GateWorld

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "guarding-the-gate.md"


def test_the_transcript_of_the_guide_is_what_the_command_prints(world: GateWorld) -> None:
    world.edit(PROMPT, "Repeat what", "Please repeat what")
    world.bump()
    world.edit(SUITE, "^say [0-9]+$", "^say ")
    world.edit(SUITE, "margin: 0.05", "margin: 0.2")
    lines = world.read(DATASET).splitlines()
    world.write(DATASET, "\n".join([*lines[:11], *lines[12:], case(31)]) + "\n")
    world.edit(WORKFLOW, "llmops gate --base origin/main", "echo fine")

    done = world.llmops("gate", "--base", "main")

    printed = set(re.sub(r"\([0-9a-f]{7}\)", "(1234567)", done.out).splitlines())
    guide = re.sub(r"\([0-9a-f]{7}\)", "(1234567)", GUIDE.read_text(encoding="utf-8"))
    (transcript,) = re.findall(r"```text\n\$ llmops gate --base main\n(.*?)```", guide, re.DOTALL)
    (note,) = re.findall(r"```text\n(  note: .*?)```", guide, re.DOTALL)
    assert [line for line in (transcript + note).splitlines() if line not in printed] == []


def test_the_guide_explains_every_guard() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [name for name in GUARDS if f"| `{name}` |" not in guide] == []


def test_every_guard_can_be_resolved() -> None:
    assert all(callable(GUARDS.resolve(name)) for name in GUARDS)
