"""A target that does not answer is not a release that is damaged: nobody goes further back because of it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from release.running import running
from release.samples import NAME, intent, publish, release

from llmops_cli.core.errors import TargetError
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.service.view import load_view
from llmops_cli.release.targets.file import FileTarget
from llmops_cli.release.targets.http import HttpTarget
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRODUCTION = "production"


class Flaky(SqliteTarget):
    """Answers about states and events, and not about one version."""

    silent = 0

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        if version == self.silent:
            message = "the connection is lost."
            raise TargetError(message, where=self.label)
        return super().read_release(prompt_id, version)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Flaky]:
    with closing(Flaky(tmp_path / "releases.db")) as found:
        for version in (1, 2, 3):
            publish(found, release(version))
        yield found


def test_a_rollback_does_not_pass_over_what_it_could_not_ask_for(target: Flaky) -> None:
    target.silent = 2
    with pytest.raises(TargetError, match="connection is lost"):
        plan_rollback(load_state(target, PRODUCTION), NAME, target, intent())
    asked = plan_rollback(load_state(target, PRODUCTION), NAME, target, intent(), to=1)
    assert asked.changes[0].after == release(1).ref(), "whoever names the release gets it"
    target.silent = 0
    plan = plan_rollback(load_state(target, PRODUCTION), NAME, target, intent())
    assert plan.changes[0].after == release(2).ref()


def test_that_the_live_release_cannot_be_asked_for_is_no_reason_to_keep_it(target: Flaky) -> None:
    target.silent = 3
    plan = plan_rollback(load_state(target, PRODUCTION), NAME, target, intent())
    assert plan.changes[0].after == release(2).ref()
    assert "interface is not compared" in plan.warnings[0]


def test_a_service_keeps_what_it_shows_until_the_store_answers(target: Flaky) -> None:
    before = load_view(target, PRODUCTION)
    publish(target, release(4))
    target.silent = 4
    with pytest.raises(TargetError, match="connection is lost"):
        load_view(target, PRODUCTION, before)
    target.silent = 0
    assert load_view(target, PRODUCTION, before).state.revision == 4


def test_an_audit_that_could_not_read_finds_nothing_wrong_and_nothing_right(target: Flaky) -> None:
    target.silent = 1
    with pytest.raises(TargetError, match="connection is lost"):
        verify(target, PRODUCTION)


def test_a_file_that_cannot_be_read_is_one_damaged_release(tmp_path: Path) -> None:
    with closing(FileTarget(tmp_path)) as target:
        for version in (1, 2, 3):
            publish(target, release(version))
        damaged = tmp_path / "releases" / NAME / "v2.json"
        damaged.unlink()
        damaged.mkdir()
        with pytest.raises(DamagedRecordError, match="v2 cannot be read"):
            target.read_release(NAME, 2)
        plan = plan_rollback(load_state(target, PRODUCTION), NAME, target, intent())
        assert plan.changes[0].after == release(1).ref()
        assert "v2 cannot be read" in plan.warnings[0]


def test_a_damaged_release_is_told_as_such_through_the_service(target: Flaky, tmp_path: Path) -> None:
    with target._lock:
        target._open(create=False).execute("UPDATE releases SET data = CAST('{}' AS BLOB) WHERE version = 2")
    with (
        running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json") as service,
        closing(HttpTarget(service.url, service.token("admin:*"))) as remote,
    ):
        with pytest.raises(DamagedRecordError):
            remote.read_release(NAME, 2)
        plan = plan_rollback(load_state(remote, PRODUCTION), NAME, remote, intent())
        assert plan.changes[0].after == release(1).ref()
