"""What the engine's tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from evals.eval_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a folder for runs, and what runs them there."""
    return World(tmp_path / "runs")
