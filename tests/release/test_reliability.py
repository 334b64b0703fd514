"""Shortened forms of the campaigns of `python benchmarks/reliability.py`, on real servers, sockets and processes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from release.reliability import histories, hostile_answers, outages, publishers, readers
from release.reliability.servers import SERVERS, missing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TARGETS = [
    pytest.param(name, marks=pytest.mark.skipif(bool(missing(name)), reason=f"needs {missing(name)}"))
    for name in SERVERS
]


@pytest.mark.parametrize("name", TARGETS)
def test_of_publishers_in_many_processes_one_wins_each_revision(name: str, tmp_path: Path) -> None:
    size = replace(publishers.QUICK, targets=(name,))
    (report,) = publishers.reports(tmp_path, size)
    assert report.violations == ()
    assert report.counts["won"] == size.rounds
    assert report.counts["stale"] == size.rounds * (size.publishers - 1)


@pytest.mark.parametrize("name", TARGETS)
def test_histories_of_many_clients_are_linearizable(name: str, tmp_path: Path) -> None:
    (report,) = histories.reports(tmp_path, replace(histories.QUICK, targets=(name,)))
    assert report.violations == ()
    assert report.counts["commits made"] >= 2


def test_readers_see_whole_published_releases_that_are_never_older(tmp_path: Path) -> None:
    (report,) = readers.reports(tmp_path, readers.QUICK)
    assert report.violations == ()
    assert report.counts["reads"] >= readers.QUICK.reads


def test_outages_damaged_files_and_cold_starts(tmp_path: Path) -> None:
    for report in outages.reports(tmp_path, outages.QUICK):
        assert report.violations == (), report.done


def test_wrong_answers_neither_crash_a_client_nor_are_served(tmp_path: Path) -> None:
    (report,) = hostile_answers.reports(tmp_path, hostile_answers.QUICK)
    assert report.violations == ()
