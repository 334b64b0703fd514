"""The suite proves itself: each deliberately broken variant of the release code makes a named test fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from release.planted_bugs import BUGS, Bug
from release.reliability.planting import EVERY_TIME, misfit, runnable, tried

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = runnable() if os.environ.get("LLMOPS_ALL_PLANTED_BUGS") else runnable()[::EVERY_TIME]
"""All with `python benchmarks/reliability.py planting`, which the nightly run does."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_variant_fits_the_code(bug: Bug) -> None:
    assert misfit(bug) == ""


@pytest.mark.slow
@pytest.mark.parametrize("bug", CHOSEN, ids=lambda bug: bug.name)
def test_a_broken_variant_is_caught(bug: Bug, tmp_path: Path) -> None:
    outcome = tried(tmp_path, bug)
    assert outcome.startswith("caught"), outcome
