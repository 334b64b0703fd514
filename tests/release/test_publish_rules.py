"""Every rule of publish refuses with a clear sentence and exit code 8, and leaves the target as it was."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from commands.world import PROMPT, edit, git
from release.world import NAME, commit, must, next_version, published_repository

from llmops_cli.release.reading import load_state
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = 8


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return published_repository(tmp_path / "repository")


def revision(repository: Path, environment: str = "staging") -> int:
    target = SqliteTarget(repository / "releases.db")
    try:
        return load_state(target, environment).revision
    finally:
        target.close()


def refused(repository: Path, sentence: str, *arguments: str) -> None:
    before = revision(repository)
    done = must(repository, "publish", "--env", "staging", *arguments, code=REFUSED)
    assert sentence in " ".join(done.err.split()), done.err
    assert revision(repository) == before


def test_what_is_approved_and_measured_is_published(repository: Path) -> None:
    done = must(repository, "publish", "--env", "staging")
    assert f"{NAME} in staging: nothing → v1" in done.out
    assert revision(repository) == 1


def test_the_same_digest_again_is_no_change_and_says_so(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    done = must(repository, "publish", "--env", "staging")
    assert "unchanged, v1 is live already" in done.out
    assert revision(repository) == 1


def test_dry_run_and_plan_change_nothing(repository: Path) -> None:
    for arguments in (("publish", "--dry-run"), ("plan",)):
        done = must(repository, *arguments, "--env", "staging")
        assert "nothing → v1" in done.out
    assert not (repository / "releases.db").exists()


def test_a_commit_outside_the_protected_branch_is_refused(repository: Path) -> None:
    git(repository, "switch", "-q", "-c", "feature")
    next_version(repository, 2)
    refused(repository, "is not on the protected branch 'main'")


def test_what_was_not_pushed_was_not_approved(repository: Path, tmp_path: Path) -> None:
    git(repository, "clone", "-q", "--bare", ".", str(tmp_path / "origin.git"))
    git(repository, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(repository, "fetch", "-q", "origin")
    next_version(repository, 2)
    refused(repository, "is not on the protected branch 'origin/main'")


def test_an_environment_may_ask_for_another_branch(repository: Path) -> None:
    edit(repository, "llmops.yaml", "staging: {target", "staging: {require: {branch: release}, target")
    commit(repository, "Release from a branch")
    git(repository, "branch", "release", "HEAD~1")
    refused(repository, "is not on the protected branch 'release'")


def test_a_requirement_that_is_not_known_is_not_ignored(repository: Path) -> None:
    edit(repository, "llmops.yaml", "staging: {target", "staging: {require: {moon: full}, target")
    commit(repository, "Ask for the moon")
    done = must(repository, "publish", "--env", "staging", code=3)
    assert "llmops.yaml:" in done.err
    assert "moon" in done.err


def test_a_branch_cannot_ask_for_less_than_main(repository: Path) -> None:
    edit(repository, "llmops.yaml", "staging: {target", "staging: {require: {branch: feature}, target")
    refused_nothing = must(repository, "publish", "--env", "staging", "--dry-run")
    assert "echo-greeting in staging" in refused_nothing.out, "main is asked, and main has no such rule"
    git(repository, "switch", "-q", "-c", "feature")
    next_version(repository, 2)
    refused(repository, "is not on the protected branch 'main'")


def test_an_environment_that_is_promoted_into_takes_nothing_past_its_source(repository: Path) -> None:
    done = must(repository, "publish", "--env", "production", code=REFUSED)
    assert "takes what is live in 'staging'" in done.err
    assert "llmops promote --to production" in " ".join(done.err.split())


def other_suite(repository: Path) -> None:
    """Commit version 2 with another suite, so that no comparison with version 1 is possible."""
    path = repository / f"evals/cases/{NAME}.jsonl"
    path.write_text(path.read_text("utf-8").replace('"text": "', '"text": "Well. '), "utf-8")
    suite = repository / f"evals/{NAME}.yaml"
    suite.write_text(suite.read_text("utf-8") + "  - {metric: max_words, limit: 400}\n", "utf-8")
    next_version(repository, 2)


def test_a_first_release_is_what_a_person_accepted_with_a_reason(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    with closing(SqliteTarget(repository / "releases.db")) as target:
        data = target.read_release(NAME, 1)
    assert data is not None
    evidence = json.loads(data)["eval"]
    assert (evidence["verdict"], evidence["why"]) == ("accepted", "first")


def test_acceptance_alone_replaces_nothing_unless_somebody_says_why(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    other_suite(repository)
    refused(repository, "no comparison with the live echo-greeting-v1 passed")
    for command in ("publish", "plan"):
        assert "needs a --reason" in must(repository, command, "--env", "staging", "--allow-accepted", code=2).err
    must(repository, "publish", "--env", "staging", "--allow-accepted", "--reason", "the suite was rewritten")
    told = must(repository, "history", NAME, "--env", "staging").out
    assert "the suite was rewritten" in told
    must(repository, "promote", "--from", "staging", "--to", "production")
    assert revision(repository, "production") == 1, "there was nothing to replace"


def test_production_asks_again_what_staging_let_through(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    must(repository, "promote")
    other_suite(repository)
    must(repository, "publish", "--env", "staging", "--allow-accepted", "--reason", "the suite was rewritten")
    for command in (("promote",), ("canary", "start", NAME)):
        done = must(repository, *command, code=REFUSED)
        assert "no comparison passed" in " ".join(done.err.split())
        assert "--allow-accepted" in done.err
    must(repository, "canary", "start", NAME, "--allow-accepted", "--reason", "as agreed")
    must(repository, "canary", "abort", NAME)
    must(repository, "promote", "--allow-accepted", "--reason", "as agreed")
    assert "as agreed" in must(repository, "history", NAME, "--env", "production").out


def test_what_main_requires_expressly_no_option_takes_away(repository: Path) -> None:
    edit(repository, "llmops.yaml", "staging: {target", "staging: {require: {verdict: pass}, target")
    commit(repository, "Ask for a pass")
    must(repository, "publish", "--env", "staging")
    other_suite(repository)
    done = must(repository, "publish", "--env", "staging", "--allow-accepted", "--reason", "hurry", code=REFUSED)
    assert "requires a passing verdict" in done.err
    edit(repository, "llmops.yaml", "verdict: pass", "verdict: accepted")
    refused(repository, "no comparison with the live")
    commit(repository, "Take what was accepted")
    must(repository, "publish", "--env", "staging")


def test_the_work_tree_is_irrelevant(repository: Path) -> None:
    edit(repository, PROMPT, "Repeat", "Do not repeat")
    must(repository, "publish", "--env", "staging")
    done = must(repository, "blame", NAME, "--env", "staging", "--at", "2999-01-01")
    assert "Do not repeat" not in done.out
    assert "Repeat the greeting" in done.out


def test_a_content_without_a_baseline_is_refused(repository: Path) -> None:
    git(repository, "rm", "-q", f"evals/baselines/{NAME}.json")
    commit(repository, "Forget what was measured")
    refused(repository, "no baseline is committed")


def test_a_baseline_of_other_content_is_no_evidence(repository: Path) -> None:
    next_version(repository, 2, measured=False)
    refused(repository, "the committed baseline measured other content (v1)")


def test_a_baseline_of_another_suite_is_no_evidence(repository: Path) -> None:
    edit(repository, f"evals/{NAME}.yaml", "limit: 12", "limit: 30")
    commit(repository, "Loosen the suite")
    refused(repository, "the suite changed since the baseline")


def test_a_baseline_that_was_edited_is_no_evidence(repository: Path) -> None:
    path = f"evals/baselines/{NAME}.json"
    text = (repository / path).read_text("utf-8")
    (repository / path).write_text(text.replace('"by":', '"by": "somebody else", "was":', 1), "utf-8")
    commit(repository, "Improve the numbers")
    refused(repository, "the baseline cannot be used")


def test_a_held_digest_is_refused(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    next_version(repository, 2)
    must(repository, "publish", "--env", "staging")
    must(repository, "rollback", NAME, "--env", "staging", "--reason", "it swears")
    refused(repository, "is held since")


def test_a_frozen_environment_is_refused(repository: Path) -> None:
    must(repository, "freeze", "--env", "staging", "--reason", "Black Friday")
    refused(repository, "'staging' is frozen since")
    must(repository, "unfreeze", "--env", "staging")
    must(repository, "publish", "--env", "staging")


def test_a_frozen_prompt_is_refused(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    must(repository, "freeze", NAME, "--env", "staging")
    next_version(repository, 2)
    refused(repository, f"'{NAME}' is frozen since")


def test_a_version_number_never_names_other_content(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    edit(repository, PROMPT, "Repeat", "Echo")
    measure_and_commit(repository)
    refused(repository, f"{NAME}-v1 names other content already")


def test_a_late_job_cannot_ship_an_older_commit(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    second = next_version(repository, 2)
    next_version(repository, 3)
    must(repository, "publish", "--env", "staging")
    refused(repository, "does not contain", "--commit", second)


def test_after_a_rollback_a_late_job_cannot_ship_what_lies_between(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    second = next_version(repository, 2)
    next_version(repository, 3)
    must(repository, "publish", "--env", "staging")
    must(repository, "rollback", NAME, "--env", "staging", "--to", "v1")
    refused(repository, "is older than", "--commit", second)


def test_a_broken_interface_is_refused_unless_it_is_allowed(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    edit(repository, PROMPT, "variables:", "variables:\n  tone: {type: string}")
    edit(repository, PROMPT, 'content: "{{ text }}"', 'content: "{{ text }}{{ tone }}"')
    edit(repository, PROMPT, "version: 1", "version: 2")
    path = repository / f"evals/cases/{NAME}.jsonl"
    path.write_text(path.read_text("utf-8").replace('"variables": {', '"variables": {"tone": "",'), "utf-8")
    measure_and_commit(repository)
    refused(repository, "breaks callers of")
    must(repository, "publish", "--env", "staging", "--allow-breaking", code=REFUSED)
    accepted = ("--allow-accepted", "--reason", "its cases have the new variable")
    must(repository, "publish", "--env", "staging", "--allow-breaking", *accepted)


def test_a_fix_after_a_rollback_is_published(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    next_version(repository, 2)
    must(repository, "publish", "--env", "staging")
    must(repository, "rollback", NAME, "--env", "staging")
    next_version(repository, 3)
    assert "v1" in must(repository, "publish", "--env", "staging").out
    assert "in sync" in must(repository, "status", "--env", "staging", "--exit-code").out


def test_an_unknown_environment_gets_the_nearest_name(repository: Path) -> None:
    done = must(repository, "publish", "--env", "stagin", code=2)
    assert "Did you mean 'staging'?" in done.err


def test_the_gate_runs_now_where_it_is_asked_to(repository: Path) -> None:
    must(repository, "publish", "--env", "staging")
    next_version(repository, 2, measured=False)
    must(repository, "publish", "--env", "staging", code=REFUSED)
    must(repository, "publish", "--env", "staging", "--eval")
    assert revision(repository) == 2


def measure_and_commit(repository: Path) -> None:
    from release.world import measure  # noqa: PLC0415 - a step of two

    measure(repository, "again")
    commit(repository, "Change the prompt")
