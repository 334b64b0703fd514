"""Killed, failing and powerless: the old state or the new one, nothing else, and what was acknowledged is there.

Shortened forms of `python benchmarks/reliability.py`. The first two need strace (Debian package `strace`), which
no Python package brings; without it they are skipped and say so, and with LLMOPS_TEST_STRACE=1, as on CI, they fail.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from release.reliability import faults, kills, power_cuts
from release.reliability.tracing import why_not

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def _strace() -> None:
    reason = why_not()
    if reason and os.environ.get("LLMOPS_TEST_STRACE") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(f"system calls cannot be broken: {reason}")


@pytest.mark.usefixtures("_strace")
def test_each_fault_at_each_call_that_writes_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """Every call and every fault; of the recoveries a part."""
    for report in faults.reports(tmp_path, faults.QUICK):
        assert report.violations == (), report.done
        assert report.counts["not acknowledged"] >= 3, "nothing was broken"


@pytest.mark.usefixtures("_strace")
def test_a_power_cut_after_any_call_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for report in power_cuts.reports(tmp_path):
        assert report.violations == (), report.done
        assert report.counts["disks"] >= 100


def test_whoever_is_killed_at_random_leaves_a_log_that_verifies(tmp_path: Path) -> None:
    for report in kills.reports(tmp_path, kills.QUICK):
        assert report.violations == (), report.done
        assert report.counts["acknowledged"] >= 3
