"""A GitHub on loopback for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ci.github.github_server import GitHubServer, github_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with github_server() as server:
        yield server
