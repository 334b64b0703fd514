"""The contract, held by the targets that need no server."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from release.target_contract import TargetContract

from llmops_cli.release.targets.file import FileTarget
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llmops_cli.core.release_target import Target


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
