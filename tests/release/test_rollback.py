"""Rollback needs the target and nothing else, goes further back each time, and is not undone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import git
from release.samples import NAME, StillClock, intent, publish, release
from release.world import NAME as GREETING
from release.world import must, next_version, published_repository

from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.release.apply import apply
from llmops_cli.release.canary_plans import plan_start
from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmops_cli.release.plan import Plan

PRODUCTION = "production"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[SqliteTarget]:
    with closing(SqliteTarget(tmp_path / "releases.db")) as opened:
        yield opened


def plan(target: SqliteTarget, *, to: int | None = None) -> Plan:
    return plan_rollback(load_state(target, PRODUCTION), NAME, target, intent("broken"), to=to)


def roll_back(target: SqliteTarget, *, to: int | None = None) -> int:
    apply(plan(target, to=to), target, StillClock())
    return live(target)


def live(target: SqliteTarget) -> int:
    stable = load_state(target, PRODUCTION).prompts[NAME].stable
    assert stable is not None
    return stable.version


def test_it_goes_back_one_release_and_then_further_never_to_and_fro(target: SqliteTarget) -> None:
    for version in range(1, 5):
        publish(target, release(version))
    assert [roll_back(target) for _ in range(3)] == [3, 2, 1]
    held = load_state(target, PRODUCTION).prompts[NAME].held
    assert [hold.version for hold in held] == [4, 3, 2]
    with pytest.raises(RefusedError, match="no earlier release"):
        plan(target)


def test_it_goes_to_a_named_version_and_from_there_only_further_back(target: SqliteTarget) -> None:
    for version in range(1, 5):
        publish(target, release(version))
    assert roll_back(target, to=2) == 2
    assert roll_back(target) == 1


def test_it_goes_where_the_author_said(target: SqliteTarget) -> None:
    publish(target, release(1))
    publish(target, release(2))
    publish(target, release(3, rollback_to=1))
    assert roll_back(target) == 1


def test_it_passes_over_what_is_held(target: SqliteTarget, tmp_path: Path) -> None:
    for version in range(1, 4):
        publish(target, release(version))
    uri = f"sqlite:///{tmp_path}/releases.db"
    assert llmops("hold", NAME, "v2", "--target", uri).code == 0
    assert roll_back(target) == 1


def test_the_same_content_under_another_number_is_no_way_back(target: SqliteTarget) -> None:
    publish(target, release(1, "first"))
    publish(target, release(2, "good"))
    publish(target, release(3, "bad"))
    publish(target, release(4, "good"))
    assert roll_back(target) == 3
    assert load_state(target, PRODUCTION).prompts[NAME].hold_of(release(2, "good").digest) is not None
    assert roll_back(target) == 1


def test_it_warns_where_callers_break(target: SqliteTarget) -> None:
    publish(target, release(1, variables=("email", "tone")))
    publish(target, release(2, variables=("email",)))
    assert any("Callers may break: required variable 'tone'" in warning for warning in plan(target).warnings)


def test_the_newest_release_may_be_damaged(target: SqliteTarget, tmp_path: Path) -> None:
    publish(target, release(1))
    publish(target, release(2))
    damage(tmp_path, 2)
    planned = plan(target)
    assert any("cannot be read" in warning for warning in planned.warnings)
    apply(planned, target, StillClock())
    assert live(target) == 1


def test_a_damaged_earlier_release_is_passed_over(target: SqliteTarget, tmp_path: Path) -> None:
    for version in range(1, 4):
        publish(target, release(version))
    damage(tmp_path, 2)
    planned = plan(target)
    assert any("Passed over" in warning for warning in planned.warnings)
    apply(planned, target, StillClock())
    assert live(target) == 1


def test_a_canary_ends_and_is_held_too(target: SqliteTarget, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/releases.db"
    publish(target, release(1))
    publish(target, release(2))
    publish(target, release(3), environment="staging")
    assert llmops("canary", "start", NAME, "--from", "staging", "--target", uri).code == 0
    assert roll_back(target) == 1
    prompt = load_state(target, PRODUCTION).prompts[NAME]
    assert prompt.candidate is None
    assert {hold.version for hold in prompt.held} == {2, 3}


def test_two_people_on_call_do_not_go_back_twice(target: SqliteTarget) -> None:
    for version in range(1, 4):
        publish(target, release(version))
    first, second = plan(target), plan(target)
    apply(first, target, StillClock())
    with pytest.raises(RefusedError, match="serves v2"):
        apply(second, target, StillClock())
    assert live(target) == 2
    assert any("rolled it back from v3 to v2" in warning for warning in plan(target).warnings)


def test_an_unknown_prompt_gets_the_nearest_name(target: SqliteTarget) -> None:
    publish(target, release(1))
    with pytest.raises(UsageError) as refused:
        plan_rollback(load_state(target, PRODUCTION), "sumarize-email", target, intent())
    assert refused.value.hint == f"Did you mean '{NAME}'?"


def test_from_anywhere_with_no_git_no_repository_and_no_key(target: SqliteTarget, tmp_path: Path) -> None:
    publish(target, release(1))
    publish(target, release(2))
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "llmops_cli", "rollback", NAME, "--target", f"sqlite:///{tmp_path}/releases.db"],
        cwd=nowhere,
        env={"PATH": str(nowhere), "HOME": str(nowhere)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "v2" in done.stdout
    assert "read back: summarize-email serves v1" in done.stdout
    assert live(target) == 1


def test_it_loads_neither_git_nor_models_nor_tables(target: SqliteTarget, tmp_path: Path) -> None:
    publish(target, release(1))
    publish(target, release(2))
    code = (
        "import sys; from llmops_cli.cli import main;"
        f"code = main(['rollback', {NAME!r}, '--target', 'sqlite:///{tmp_path}/releases.db']);"
        "heavy = {'git', 'pandas', 'httpx', 'jinja2', 'jsonschema', 'tiktoken', 'numpy', 'yaml'} & set(sys.modules);"
        "print(sorted(heavy)); sys.exit(code)"
    )
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    done = subprocess.run([sys.executable, "-c", code], cwd=nowhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_in_the_repository_the_revert_is_prepared_on_a_branch(tmp_path: Path) -> None:
    repository = published_repository(tmp_path / "repository")
    must(repository, "publish", "--env", "staging")
    next_version(repository, 2)
    must(repository, "publish", "--env", "staging")
    head = git(repository, "rev-parse", "HEAD")
    done = must(repository, "rollback", GREETING, "--env", "staging", "--incident", "https://incidents/7")
    branch = f"llmops/revert-{GREETING}-v2"
    assert f"The revert is ready on branch {branch}" in done.err
    assert git(repository, "rev-parse", f"{branch}~1") == git(repository, "rev-parse", "HEAD") == head
    text = git(repository, "show", f"{branch}:prompts/{GREETING}.yaml")
    assert "version: 3" in text
    assert "exactly" not in text
    assert "https://incidents/7" in git(repository, "log", "-1", "--format=%B", branch)
    assert git(repository, "status", "--porcelain") == ""
    assert (
        "rolled back (v2 held; Git still has it: revert pending)"
        in " ".join(must(repository, "status", "--env", "staging", "--format", "json").out.split())
        or "revert pending" in must(repository, "status", "--env", "staging", "--format", "json").out
    )


def test_a_rollback_stands_when_git_is_broken(tmp_path: Path) -> None:
    repository = published_repository(tmp_path / "repository")
    must(repository, "publish", "--env", "staging")
    next_version(repository, 2)
    must(repository, "publish", "--env", "staging")
    (repository / ".git" / "HEAD").write_text("broken", "utf-8")
    done = must(repository, "rollback", GREETING, "--env", "staging")
    assert "read back" in done.out
    assert "pending" in done.err


def test_nothing_was_ever_released_there(tmp_path: Path) -> None:
    done = llmops("rollback", NAME, "--target", f"sqlite:///{tmp_path}/wrong.db", folder=tmp_path)
    assert done.code == 2
    assert "nothing was ever released" in done.err
    assert not (tmp_path / "wrong.db").exists()


def test_a_place_that_cannot_be_read_is_a_failed_target(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but long enough to look at" * 50, "utf-8")
    done = llmops("rollback", NAME, "--target", f"sqlite:///{tmp_path}/text.db", folder=tmp_path)
    assert done.code == 9


def test_after_everything_the_log_is_whole(target: SqliteTarget) -> None:
    for version in range(1, 4):
        publish(target, release(version))
    roll_back(target)
    roll_back(target)
    assert verify(target, PRODUCTION).problems == ()


def damage(folder: Path, version: int) -> None:
    with closing(sqlite3.connect(folder / "releases.db")) as connection, connection:
        connection.execute("UPDATE releases SET data = X'00ff' WHERE version = ?", (version,))


def test_back_to_the_content_that_a_canary_is_trying_out_ends_the_canary_and_holds_only_the_bad_one(
    target: SqliteTarget,
) -> None:
    for version in (1, 2):
        publish(target, release(version))
    state = load_state(target, "production")
    stable = state.prompts[NAME].stable
    assert stable is not None
    earlier = next(ref for ref in state.prompts[NAME].released if ref != stable)
    apply(plan_start(state, release(earlier.version), 10, intent()), target, StillClock())
    roll_back(target)
    after = load_state(target, "production").prompts[NAME]
    assert (after.stable, after.candidate) == (earlier, None)
    assert [hold.digest for hold in after.held] == [stable.digest]
