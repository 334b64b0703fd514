"""`llmops ci github` from event to comment, on real repositories and a GitHub on loopback."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ci.gate_world import PROMPT, SUITE, GateWorld
from ci.github.github_server import REPOSITORY, TOKEN, Fault, GitHubServer

from llmops_cli.ci.github.outputs import OUTPUTS

if TYPE_CHECKING:
    from commands.llmops import Outcome


class Runner:
    """What GitHub's runner gives a step: an event, files, a place for temporary ones."""

    def __init__(self, world: GateWorld, github: GitHubServer, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.github = github
        self._folder = folder
        self._patch = patch
        (folder / "temp").mkdir()
        for name, value in {
            "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_TOKEN": TOKEN,
            "RUNNER_TEMP": str(folder / "temp"),
        }.items():
            patch.setenv(name, value)

    def run(self, event: str, payload: dict[str, Any], *arguments: str) -> Outcome:
        self._patch.setenv("GITHUB_EVENT_NAME", event)
        (self._folder / "event.json").write_text(json.dumps({"repository": {"full_name": REPOSITORY}} | payload))
        for name in ("output", "summary.md"):
            (self._folder / name).write_text("")
        return self.world.llmops("ci", "github", *arguments)

    def pull_request(self, *arguments: str, fork: bool = False, merged: bool = True) -> Outcome:
        """Judge the branch `change` as a pull request, in GitHub's merge of it."""
        base, head = self.world.git("rev-parse", "main"), self.world.git("rev-parse", "change")
        self.world.git("checkout", "-q", "--detach", "main" if merged else "change")
        if merged:
            self.world.git("merge", "-q", "--no-ff", "-m", "Merge", head)
        origin = {"full_name": "someone/repo" if fork else REPOSITORY}
        request = {
            "number": 7,
            "user": {"login": "ada"},
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": head, "repo": origin},
        }
        return self.run("pull_request", {"number": 7, "pull_request": request}, *arguments)

    @property
    def summary(self) -> str:
        return (self._folder / "summary.md").read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        text = (self._folder / "output").read_text(encoding="utf-8")
        return dict(re.findall(r"(?m)^([a-z-]+)<<(?:llmops-[0-9a-f]{64})\n(.*)\nllmops-[0-9a-f]{64}$", text))


@pytest.fixture
def runner(world: GateWorld, github: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    (tmp_path / "runner").mkdir()
    return Runner(world, github, tmp_path / "runner", monkeypatch)


def reword(world: GateWorld) -> None:
    world.edit(PROMPT, "Repeat what you are told.", "Please repeat what you are told.")
    world.bump()
    world.commit("Reword")


def break_prompt(world: GateWorld) -> None:
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "::error::Well, {{ text }}"')
    world.bump()
    world.commit("Break")


def loosen(world: GateWorld) -> None:
    world.edit(SUITE, "limit: 4", "limit: 400")
    world.commit("Loosen")


def test_a_rewording_passes_with_one_comment(runner: Runner) -> None:
    reword(runner.world)

    outcome = runner.pull_request("--check-run", "llmops")

    assert outcome.code == 0, outcome
    assert len(runner.github.comments) == 1, outcome
    (comment,) = runner.github.comments
    assert "## ✅ llmops gate passes" in comment["body"]
    assert "{+Please repeat+}" in comment["body"]
    assert "## ✅ llmops gate passes" in runner.summary
    assert runner.outputs["conclusion"] == "success"
    assert runner.outputs["affected"] == "repeat"
    assert runner.outputs["score"] == "100.0"
    (check,) = runner.github.check_runs
    assert (check["conclusion"], check["head_sha"]) == ("success", runner.world.git("rev-parse", "change"))


def test_a_regression_fails_and_shows_the_cases(runner: Runner) -> None:
    break_prompt(runner.world)

    outcome = runner.pull_request("--check-run", "llmops")

    assert outcome.code == 1
    assert len(runner.github.comments) == 1, outcome
    body = runner.github.comments[0]["body"]
    assert "## ❌ llmops gate fails" in body
    assert "<code>case-07</code> (critical): passes 0 of 1, was 1 of 1" in body
    assert "`llmops gate --base origin/main` runs the same check" in body
    assert runner.github.check_runs[0]["conclusion"] == "failure"
    report = json.loads(Path(runner.outputs["report-path"]).read_text(encoding="utf-8"))
    assert report["conclusion"] == "failure"


def test_annotations_are_ten_on_lines_and_the_rest_is_sarif(runner: Runner) -> None:
    break_prompt(runner.world)

    outcome = runner.pull_request()

    commands = [line for line in outcome.out.splitlines() if line.startswith("::error ")]
    assert len(commands) == 10
    assert any(
        line.startswith("::error file=evals/cases/repeat.jsonl,line=7,col=1,title=case-regressed::")
        for line in commands
    )
    (run,) = json.loads(Path(runner.outputs["sarif-path"]).read_text(encoding="utf-8"))["runs"]
    assert len(run["results"]) == 20


def test_what_a_model_says_is_no_command_of_the_log(runner: Runner) -> None:
    break_prompt(runner.world)

    outcome = runner.pull_request()

    lines = outcome.out.splitlines()
    stop = next(line for line in lines if line.startswith("::stop-commands::"))
    token = stop.removeprefix("::stop-commands::")
    inside = lines[lines.index(stop) + 1 : lines.index(f"::{token}::")]
    assert re.fullmatch(r"llmops-[0-9a-f]{64}", token)
    assert any("Well, say 7" in line for line in inside)
    outside = [line for line in lines if line not in inside and line.startswith("::")]
    assert all(re.match(r"::(?:stop-commands::|llmops-|error file=evals/)", line) for line in outside)


def test_a_loosened_gate_is_held_until_somebody_else_puts_the_label_on(runner: Runner) -> None:
    loosen(runner.world)

    held = runner.pull_request("--check-run", "llmops")

    assert held.code == 8
    assert runner.outputs["held"] == "true"
    assert runner.github.check_runs[-1]["conclusion"] == "action_required"
    body = runner.github.comments[0]["body"]
    label = re.search(r"`(llmops-approved-[0-9a-f]{12})`", body)
    assert label is not None
    assert "`evals/repeat.yaml:7`" in body

    runner.github.label(label[1], "ada")
    assert runner.pull_request().code == 8, "its author cannot approve a change"

    runner.github.label(label[1], "grace")
    assert runner.pull_request().code == 0
    assert "approved by `grace, label" in runner.github.comments[0]["body"]
    assert len(runner.github.comments) == 1

    runner.github.label(label[1], "grace", on=False)
    assert runner.pull_request().code == 8, "a label that was taken off approves nothing"


def test_a_label_does_not_approve_what_is_loosened_later(runner: Runner) -> None:
    loosen(runner.world)
    runner.pull_request()
    label = re.search(r"llmops-approved-[0-9a-f]{12}", runner.github.comments[0]["body"])
    assert label is not None
    runner.github.label(label[0], "grace")
    runner.world.git("checkout", "-q", "change")
    runner.world.edit(SUITE, "limit: 400", "limit: 4000")
    runner.world.commit("Loosen more")

    assert runner.pull_request().code == 8


def test_a_label_that_cannot_be_read_approves_nothing(runner: Runner) -> None:
    loosen(runner.world)
    runner.github.faults.append(Fault(403, part="/events"))

    outcome = runner.pull_request()

    assert outcome.code == 8
    assert "nothing counts as approved" in outcome.err


def test_a_change_that_touches_no_prompt_is_green_without_a_comment(runner: Runner) -> None:
    runner.world.write("README.md", "Hello.\n")
    runner.world.commit("Say hello")

    outcome = runner.pull_request("--check-run", "llmops")

    assert outcome.code == 0
    assert runner.github.comments == []
    assert "no prompt is affected" in runner.summary
    assert runner.github.check_runs[0]["conclusion"] == "success"
    assert "no prompt is affected" in runner.github.check_runs[0]["output"]["title"]


def test_a_fork_is_judged_though_nothing_can_be_written(runner: Runner) -> None:
    break_prompt(runner.world)
    runner.github.faults.extend([Fault(403, method="POST")] * 2)

    outcome = runner.pull_request("--check-run", "llmops", fork=True)

    assert outcome.code == 1
    assert "No comment was written" in outcome.err
    assert "No check run was made" in outcome.err
    assert "A fork's token can only read." in outcome.err
    assert "comes from a fork" in runner.summary


def test_without_a_token_the_summary_says_it_all(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    reword(runner.world)

    assert runner.pull_request().code == 0
    assert runner.github.calls == []
    assert "## ✅ llmops gate passes" in runner.summary


def test_the_head_itself_is_judged_where_it_is_checked_out(runner: Runner) -> None:
    break_prompt(runner.world)

    assert runner.pull_request(merged=False).code == 1


def test_a_push_compares_with_what_was_there_before(runner: Runner) -> None:
    before = runner.world.git("rev-parse", "change")
    break_prompt(runner.world)
    after = runner.world.git("rev-parse", "HEAD")

    outcome = runner.run("push", {"ref": "refs/heads/main", "before": before, "after": after, "deleted": False})

    assert outcome.code == 1
    assert runner.github.comments == []
    assert "## ❌ llmops gate fails" in runner.summary


def test_a_new_branch_is_compared_with_where_it_left(runner: Runner) -> None:
    reword(runner.world)
    after = runner.world.git("rev-parse", "HEAD")

    outcome = runner.run("push", {"ref": "refs/heads/change", "before": "0" * 40, "after": after, "deleted": False})

    assert outcome.code == 0
    assert runner.outputs["affected"] == "repeat"


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"ref": "refs/heads/x", "after": "0" * 40, "deleted": True}, "a branch was deleted"),
        ({"ref": "refs/tags/v1", "after": "1" * 40, "deleted": False}, "a tag was pushed"),
    ],
)
def test_what_leaves_nothing_to_judge_is_green_and_says_so(runner: Runner, payload: dict[str, Any], told: str) -> None:
    outcome = runner.run("push", payload | {"before": "2" * 40})

    assert outcome.code == 0
    assert told in runner.summary
    assert runner.outputs["conclusion"] == "success"


def test_a_merge_queue_is_judged_like_the_pull_request(runner: Runner) -> None:
    base = runner.world.git("rev-parse", "main")
    break_prompt(runner.world)
    head = runner.world.git("rev-parse", "HEAD")
    group = {
        "base_sha": base,
        "base_ref": "refs/heads/main",
        "head_sha": head,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{base}",
    }

    outcome = runner.run("merge_group", {"merge_group": group}, "--check-run", "llmops")

    assert outcome.code == 1
    assert runner.github.check_runs[0]["head_sha"] == head
    assert runner.github.comments == []


def test_a_start_by_hand_takes_the_base_that_is_asked_for(runner: Runner) -> None:
    break_prompt(runner.world)

    assert runner.run("workflow_dispatch", {"inputs": None}, "--base", "main").code == 1
    assert runner.run("workflow_dispatch", {"inputs": None}, "--base", "HEAD").code == 0


def test_a_checkout_without_the_base_says_what_to_give_it(runner: Runner) -> None:
    payload = {"ref": "refs/heads/main", "base_sha": "", "head_sha": ""}
    group = {"base_sha": "3" * 40, "head_sha": "4" * 40, "head_ref": "x", "base_ref": "refs/heads/main"}
    runner.github.add_comment("<!-- llmops:gate -->\n## ✅ llmops gate passes")

    outcome = runner.run("merge_group", payload | {"merge_group": group}, "--check-run", "llmops")

    assert outcome.code == 4
    assert "fetch-depth: 0" in outcome.err
    assert runner.outputs["conclusion"] == "action_required"
    assert runner.github.check_runs[0]["conclusion"] == "action_required"


def test_an_old_comment_does_not_stay_green_when_the_check_cannot_run(runner: Runner) -> None:
    reword(runner.world)
    runner.pull_request()
    request = {"number": 7, "user": {"login": "ada"}, "base": {"sha": "3" * 40}, "head": {"sha": "4" * 40}}

    outcome = runner.run("pull_request", {"number": 7, "pull_request": request})

    assert outcome.code == 4
    (comment,) = runner.github.comments
    assert "## ✋ llmops gate could not run" in comment["body"]


def test_the_token_is_in_nothing_that_is_written(runner: Runner, tmp_path: Path) -> None:
    runner.world.edit(PROMPT, 'content: "{{ text }}"', f'content: "{TOKEN} {{{{ text }}}}"')
    runner.world.bump()
    runner.world.commit("Leak")

    outcome = runner.pull_request()

    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "runner").rglob("*") if path.is_file()]
    bodies = [comment["body"] for comment in runner.github.comments]
    for text in (outcome.err, runner.summary, *bodies, *written):
        assert TOKEN not in text


def test_all_outputs_have_the_names_that_are_documented(runner: Runner) -> None:
    reword(runner.world)
    runner.pull_request()

    assert runner.outputs.keys() == OUTPUTS.keys()
