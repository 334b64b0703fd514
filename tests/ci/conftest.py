"""One world is built; each test gets a copy of it."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import GateWorld

if TYPE_CHECKING:
    from pathlib import Path


@cache
def _built(root: Path) -> Path:
    return GateWorld(root).build().root


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> GateWorld:
    model = _built(tmp_path_factory.getbasetemp() / "gate-world")
    shutil.copytree(model, tmp_path / "repository", symlinks=True)
    return GateWorld(tmp_path / "repository")
