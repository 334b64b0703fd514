"""A GitHub on loopback for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ci.github.github_server import GitHubServer, github_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with github_server() as server:
        yield server


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for temporary files, where the first run installs the Action's packages for all."""
    return tmp_path_factory.mktemp("runner-temp")
