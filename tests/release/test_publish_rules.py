"""Every rule of publish refuses with a clear sentence and exit code 8, and leaves the target as it was."""

from __future__ import annotations

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
    assert "requires 'moon', which is not known" in must(repository, "publish", "--env", "staging", code=2).err


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
    must(repository, "publish", "--env", "staging", "--allow-breaking")


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
