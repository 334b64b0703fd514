"""The contract, held by the targets that need no server."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
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


def test_a_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "releases.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # as in the moment before it is switched to WAL: SQLite refuses to switch it twice, without a wait
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE something (value INTEGER)")
    releasing = threading.Timer(0.3, other.execute, ["COMMIT"])
    releasing.start()
    with closing(SqliteTarget(path)) as target:
        assert target.read_state("production") is None
    releasing.join()
    other.close()
