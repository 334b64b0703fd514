"""The real action.yml, run by `act` without containers: three branches, three events, and what each comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ci.gate_world import PROMPT, SUITE, GateWorld
from ci.github.act_world import Act

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def act(world: GateWorld, tmp_path: Path, installed: Path) -> Act:
    (tmp_path / "act").mkdir()
    return Act(world, tmp_path / "act", installed)


def reword(world: GateWorld) -> None:
    world.edit(PROMPT, "Repeat what you are told.", "Please repeat what you are told.")
    world.bump()


def break_prompt(world: GateWorld) -> None:
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    world.bump()


def loosen(world: GateWorld) -> None:
    reword(world)
    world.edit(SUITE, "limit: 4", "limit: 400")


EDITS = {"reword": reword, "break": break_prompt, "loosen": loosen}


def payload_of(event: str, world: GateWorld) -> Mapping[str, Any]:
    """Return what GitHub would send for the branch `change`, and check out what it would check out."""
    base, head = world.git("rev-parse", "main"), world.git("rev-parse", "change")
    if event == "push":
        return {"ref": "refs/heads/change", "before": base, "after": head, "deleted": False}
    world.git("checkout", "-q", "--detach", "main")
    world.git("merge", "-q", "--no-ff", "-m", "Merge", head)
    if event == "merge_group":
        queue = f"refs/heads/gh-readonly-queue/main/pr-7-{base}"
        group = {"base_sha": base, "base_ref": "refs/heads/main", "head_ref": queue}
        return {"merge_group": group | {"head_sha": world.git("rev-parse", "HEAD")}}
    origin = {"full_name": "owner/repo"}
    request = {"number": 7, "user": {"login": "ada"}, "base": {"sha": base, "ref": "main"}}
    return {"number": 7, "pull_request": request | {"head": {"sha": head, "repo": origin}}}


@pytest.mark.parametrize(
    ("event", "edit", "outcome", "conclusion", "exit_code"),
    [
        ("pull_request", "reword", "success", "success", "0"),
        ("pull_request", "break", "failure", "failure", "1"),
        ("pull_request", "loosen", "failure", "action_required", "8"),
        ("push", "break", "failure", "failure", "1"),
        ("merge_group", "reword", "success", "success", "0"),
        ("merge_group", "loosen", "failure", "action_required", "8"),
    ],
)
def test_the_action_comes_to_the_same_as_the_gate(  # noqa: PLR0913, PLR0917 - one column each
    act: Act, world: GateWorld, event: str, edit: str, outcome: str, conclusion: str, exit_code: str
) -> None:
    EDITS[edit](world)
    world.commit("A change")

    result = act.run(event, dict(payload_of(event, world)))

    assert result.outcome == outcome, result.log
    assert result.outputs["conclusion"] == conclusion, result.log
    assert result.outputs["exit-code"] == exit_code
    assert result.outputs["affected"] == "repeat"
    assert result.comment.startswith("<!-- llmops:gate -->")
