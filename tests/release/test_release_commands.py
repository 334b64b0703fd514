"""The commands about releases, run as a person runs them, on a real repository with a real target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import PROMPT, git
from release.world import NAME, must, next_version, published_repository

from llmops_cli.core.snapshot import parse_snapshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Version 1 is live in production and staging, version 2 in staging."""
    folder = published_repository(tmp_path / "repository")
    must(folder, "publish", "--env", "staging")
    must(folder, "promote")
    next_version(folder, 2)
    must(folder, "publish", "--env", "staging")
    return folder


def status(repository: Path, environment: str = "production") -> dict[str, object]:
    document = json.loads(must(repository, "status", "--env", environment, "--format", "json").out)
    found: dict[str, object] = document["prompts"][0]
    return found


def test_promote_moves_the_same_release(repository: Path) -> None:
    assert "v1" in (done := must(repository, "promote", "--dry-run")).out
    assert "v2" in done.out
    must(repository, "promote", "--reason", "measured")
    assert status(repository)["relation"] == "in sync"
    assert "unchanged, v2 is live already" in must(repository, "promote").out


def test_promote_goes_the_way_that_the_project_file_names(repository: Path) -> None:
    must(repository, "promote", "--from", "production", "--to", "production", code=8)
    assert "promote_from" in must(repository, "promote", "--to", "staging", code=2).err


def test_status_tells_every_relation(repository: Path) -> None:
    assert status(repository)["relation"] == "unpublished"
    assert status(repository)["detail"] == "1 commit, v2 in Git"
    assert status(repository, "staging")["relation"] == "in sync"
    must(repository, "rollback", NAME, "--env", "staging")
    assert status(repository, "staging")["relation"] == "rolled back"
    must(repository, "freeze", "--env", "staging")
    assert "frozen" in str(status(repository, "staging")["notes"])
    git(repository, "rm", "-q", PROMPT)
    git(repository, "commit", "-q", "-m", "Remove the prompt")
    assert status(repository)["relation"] == "orphan"


def test_status_finds_a_content_that_git_never_had(repository: Path, tmp_path: Path) -> None:
    other = published_repository(tmp_path / "other")
    text = (other / PROMPT).read_text("utf-8").replace("Repeat", "Never repeat")
    (other / PROMPT).write_text(text, "utf-8")
    from release.world import commit, measure  # noqa: PLC0415 - only for this repository

    measure(other)
    commit(other, "Another history")
    target = f"sqlite:///{repository}/elsewhere.db"
    must(other, "publish", "--env", "production", "--target", target)
    done = must(repository, "status", "--target", target, "--format", "json")
    assert json.loads(done.out)["prompts"][0]["relation"] == "drifted"


def test_status_says_a_stale_evaluation_and_has_an_exit_code(repository: Path) -> None:
    must(repository, "status", "--env", "staging", "--exit-code")
    next_version(repository, 3, measured=False)
    assert "eval stale" in str(status(repository, "staging")["notes"])
    must(repository, "status", "--env", "staging", "--exit-code", code=1)


def test_status_without_a_repository_says_what_is_live(repository: Path, tmp_path: Path) -> None:
    done = llmops("status", "--target", f"sqlite:///{repository}/releases.db", folder=tmp_path)
    assert done.code == 0
    assert "live" in done.out


def test_a_canary_goes_its_way(repository: Path) -> None:
    must(repository, "canary", "start", NAME, "--from", "staging", "--weight", "10")
    assert status(repository)["notes"] == ["canary v2 10%"]
    must(repository, "canary", "start", NAME, "--from", "staging", code=8)
    must(repository, "canary", "step", NAME, "--weight", "50")
    must(repository, "canary", "abort", NAME)
    must(repository, "canary", "promote", NAME, code=8)
    must(repository, "canary", "start", NAME, "--from", "staging")
    must(repository, "canary", "promote", NAME)
    assert status(repository)["relation"] == "in sync"


def test_a_disabled_prompt_says_so_until_it_is_enabled(repository: Path) -> None:
    must(repository, "disable", NAME, "--reason", "it swears", "--incident", "https://incidents/1")
    assert "disabled" in str(status(repository)["notes"])
    must(repository, "disable", NAME, code=8)
    must(repository, "enable", NAME)
    assert "disabled" not in str(status(repository)["notes"])


def test_hold_unhold_and_yank(repository: Path) -> None:
    must(repository, "hold", NAME, "v2", "--reason", "wait")
    assert "is held" in must(repository, "promote", code=8).err
    must(repository, "unhold", NAME, f"{NAME}-v2")
    must(repository, "promote")
    must(repository, "yank", NAME, "v1")
    must(repository, "unhold", NAME, "v1", code=8)
    must(repository, "hold", NAME, "v99", code=2)
    must(repository, "hold", NAME, "other-v1", code=2)


def test_history_and_blame_answer_what_was_served(repository: Path) -> None:
    must(repository, "promote", "--reason", "looks good")
    text = must(repository, "history", NAME).out
    assert "promote" in text
    assert "looks good" in text
    events = json.loads(must(repository, "history", "--format", "json").out)
    assert [event["revision"] for event in events] == [2, 1]
    first = events[1]["at"]
    done = must(repository, "blame", NAME, "--at", first)
    assert f"{NAME}-v1 was live in production at revision 1" in done.out
    assert "Repeat the greeting" in done.out
    now = json.loads(must(repository, "blame", NAME, "--at", "2999-01-01", "--format", "json").out)
    assert now["release"]["version"] == 2
    must(repository, "blame", NAME, "--at", "1999-01-01", code=6)
    must(repository, "blame", NAME, "--at", "yesterday", code=2)
    must(repository, "history", "never-there", code=2)


def test_export_writes_what_readers_need(repository: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    must(repository, "export", "--format", "bundle", "--output", str(bundle))
    snapshot = parse_snapshot(bundle.read_bytes(), "production")
    assert [release.identifier for release in snapshot.releases.values()] == [f"{NAME}-v1"]
    flagd = json.loads(must(repository, "export", "--format", "flagd").out)
    assert flagd["flags"][NAME]["defaultVariant"] == "v1"
    must(repository, "export", "--format", "flagd", "--output", "/proc/nowhere/x", code=4)


def test_a_drill_leaves_the_real_environment_alone(repository: Path) -> None:
    before = must(repository, "status", "--format", "json").out
    for _ in range(2):
        done = must(repository, "drill")
        assert "rollback" in done.out
    assert must(repository, "status", "--format", "json").out == before
    must(repository, "audit", "verify", "--env", "llmops-drill", "--target", "sqlite:releases.db")


def test_the_folder_keeps_a_flagd_file_up_to_date(repository: Path) -> None:
    target = ("--target", "file:releases-folder")
    must(repository, "publish", "--env", "production", *target)
    flagd = repository / "releases-folder" / "environments" / "production" / "flagd.json"
    assert json.loads(flagd.read_text("utf-8"))["metadata"]["revision"] == 1
    flagd.unlink()
    must(repository, "status", *target)
    assert json.loads(flagd.read_text("utf-8"))["metadata"]["revision"] == 1
    must(repository, "disable", NAME, *target)
    assert json.loads(flagd.read_text("utf-8"))["flags"][NAME]["state"] == "DISABLED"


@pytest.mark.parametrize("name", ["../etc", "prod%2f", "PRODUCTION", "", "a" * 65, "a\x1b[31m"])
def test_a_hostile_environment_name_is_refused(repository: Path, name: str) -> None:
    for arguments in (("status", "--env", name), ("status", "--env", name, "--target", "file:releases-folder")):
        done = llmops(*arguments, folder=repository)
        assert done.code == 2, done.err
        assert "\x1b" not in done.err
    assert not (repository / "releases-folder").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "echo%2fgreeting", "ECHO", "x" * 200])
def test_a_hostile_prompt_id_is_refused(repository: Path, name: str) -> None:
    for command in (("rollback", name), ("hold", name, "v1"), ("disable", name), ("publish", name, "--env", "staging")):
        for target in ("sqlite:releases.db", "file:releases-folder"):
            done = llmops(*command, "--target", target, folder=repository)
            assert done.code == 2, (command, target, done.err)


def test_a_target_of_an_unknown_kind_gets_the_nearest_name(repository: Path) -> None:
    assert "Did you mean 'sqlite'?" in must(repository, "status", "--target", "sqlit:releases.db", code=2).err
    must(repository, "status", "--target", "releases.db", code=2)


def test_a_reason_that_no_log_can_keep_is_refused(repository: Path) -> None:
    must(repository, "rollback", NAME, "--env", "staging", "--reason", "x" * 3000, code=2)


def test_a_prompt_that_nobody_knows_has_no_history(repository: Path) -> None:
    must(repository, "freeze", "--env", "staging")
    must(repository, "unfreeze", "--env", "staging")
    assert "Did you mean" in must(repository, "history", NAME[:-1], "--env", "staging", code=2).err
    assert (
        "does not serve 'nope'"
        in must(repository, "blame", "nope", "--env", "staging", "--at", "2999-01-01", code=2).err
    )
    done = must(repository, "blame", NAME, "--env", "staging", "--at", "2001-01-01", code=6)
    assert "did not serve" in done.err


def test_what_is_refused_is_not_announced_first(repository: Path) -> None:
    must(repository, "disable", NAME, "--env", "staging")
    done = must(repository, "disable", NAME, "--env", "staging", code=8)
    assert done.out == ""
    assert "disabled already" in done.err


def test_an_unknown_kind_of_target_names_those_that_there_are(repository: Path) -> None:
    done = must(repository, "status", "--target", "moon:x", code=2)
    assert "unknown target 'moon'" in done.err
    assert "sqlite" in done.err
