"""The contract, held by the targets that need no server."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from release.samples import publish, release
from release.target_contract import TargetContract

from llmops_cli.release.atomic_files import create_file, replace_file
from llmops_cli.release.targets.file import FileTarget
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llmops_cli.core.release_target import Target, Write


class TestSqlite(TargetContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "deep" / "releases.db"

    def opened(self) -> AbstractContextManager[Target]:
        return closing(SqliteTarget(self.path))


class TestFile(TargetContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "deep" / "releases"

    def opened(self) -> AbstractContextManager[Target]:
        return closing(FileTarget(self.path))

    def die_before_the_state(self, target: Target, stale: Write) -> None:  # noqa: ARG002 - the folder is enough
        for item in stale.releases:
            create_file(self.path / "releases" / item.prompt_id / f"v{item.version}.json", item.data)
        events = self.path / "environments" / "production" / "events"
        replace_file(events / f"000000002-{stale.head[7:39]}.json", stale.event)


def test_a_flagd_file_of_the_same_moment_as_a_newer_state_is_brought_up_to_it(tmp_path: Path) -> None:
    with closing(FileTarget(tmp_path)) as target:
        publish(target, release(1))
        folder = tmp_path / "environments" / "production"
        behind = (folder / "flagd.json").read_bytes()
        publish(target, release(2))
        newest = (folder / "flagd.json").read_bytes()
        # what a writer leaves that is killed right after the state, within one tick of the last step
        (folder / "flagd.json").write_bytes(behind)
        for name in ("flagd.json", "state.json"):
            os.utime(folder / name, ns=(1_000_000_000, 1_000_000_000))
        target.read_state("production")
        assert (folder / "flagd.json").read_bytes() == newest != behind
