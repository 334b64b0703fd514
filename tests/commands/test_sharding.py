"""Shards, put together, are the run that one machine would have made: the same bytes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import PROMPT, edit, example

if TYPE_CHECKING:
    from pathlib import Path

CASES = "evals/cases/echo-greeting.jsonl"


def runs_of(folder: Path) -> list[Path]:
    runs = folder / ".llmops/runs"
    return sorted(runs.iterdir()) if runs.exists() else []


def run(folder: Path, *arguments: str) -> Path:
    """Evaluate and return the new run's folder."""
    before = set(runs_of(folder))
    assert llmops("eval", *arguments, folder=folder).code in {1, 7, 10}
    (new,) = set(runs_of(folder)) - before
    return new


def shards(folder: Path, count: int, *arguments: str) -> list[str]:
    return [run(folder, "--shard", f"{index}/{count}", *arguments).name for index in range(1, count + 1)]


def report(folder: Path, name: str, output_format: str) -> str:
    return llmops("report", name, "--format", output_format, folder=folder).out.replace(name, "RUN")


@pytest.mark.parametrize("count", [2, 7])
@pytest.mark.parametrize(
    "options", [(), ("--repeats", "3"), ("--sample", "13"), ("--filter", "[0-1]*"), ("--model", "echo/other")]
)
def test_merged_shards_equal_the_whole_run_byte_for_byte(tmp_path: Path, count: int, options: tuple[str, ...]) -> None:
    example(tmp_path)
    edit(tmp_path, CASES, '"expected": "Ada"', '"expected": "Eve"')
    whole = run(tmp_path, "--concurrency", "1", *options)
    parts = shards(tmp_path, count, *options)
    before = set(runs_of(tmp_path))
    outcome = llmops("runs", "merge", *reversed(parts), folder=tmp_path)
    assert outcome.code in {1, 7}
    (merged,) = set(runs_of(tmp_path)) - before
    assert (merged / "run.json").read_bytes() == (whole / "run.json").read_bytes()
    # all but the first line, which says when the run began
    lines = [(path / "journal.jsonl").read_bytes().partition(b"\n") for path in (merged, whole)]
    assert lines[0][2] == lines[1][2]
    headers = [json.loads(line[0]) for line in lines]
    assert {**headers[0], "started_at": ""} == {**headers[1], "started_at": ""}
    for output_format in ("json", "junit", "markdown", "csv"):
        assert report(tmp_path, merged.name, output_format) == report(tmp_path, whole.name, output_format)


def test_shards_from_other_machines_are_named_by_their_folders(tmp_path: Path) -> None:
    example(tmp_path)
    parts = shards(tmp_path, 2)
    for number, name in enumerate(parts):
        shutil.move(tmp_path / ".llmops/runs" / name, tmp_path / f"artefact-{number}")
    outcome = llmops("runs", "merge", "artefact-0", "artefact-1", folder=tmp_path)
    assert outcome.code == 7
    assert "22 of 22 cases pass" in outcome.out
    assert llmops("baseline", "accept", "echo-greeting", "--why", "first", folder=tmp_path).code == 0


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    parts = shards(example(tmp_path), 3)
    outcome = llmops("runs", "merge", parts[0], parts[2], folder=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert "shard 2/3 missing" in outcome.err


def test_a_shard_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    parts = [*shards(example(tmp_path), 2), run(tmp_path, "--shard", "1/2").name]
    assert llmops("runs", "merge", *parts, folder=tmp_path).code == 2


def test_shards_of_different_prompts_do_not_merge(tmp_path: Path) -> None:
    first = run(example(tmp_path), "--shard", "1/2").name
    edit(tmp_path, PROMPT, "Repeat", "Say")
    second = run(tmp_path, "--shard", "2/2").name
    outcome = llmops("runs", "merge", first, second, folder=tmp_path)
    assert outcome.code == 7
    assert "another prompt" in outcome.err


def test_shards_with_different_repeats_do_not_merge(tmp_path: Path) -> None:
    first = run(example(tmp_path), "--shard", "1/2").name
    second = run(tmp_path, "--shard", "2/2", "--repeats", "2").name
    assert llmops("runs", "merge", first, second, folder=tmp_path).code == 7


def test_a_shard_that_its_budget_stopped_makes_the_whole_inconclusive(tmp_path: Path) -> None:
    first = run(example(tmp_path), "--shard", "1/2", "--max-calls", "3", "--concurrency", "1").name
    second = run(tmp_path, "--shard", "2/2").name
    outcome = llmops("runs", "merge", first, second, folder=tmp_path)
    assert outcome.code == 10
    assert "max_calls was reached" in outcome.out


def test_an_interrupted_shard_makes_the_whole_inconclusive(tmp_path: Path) -> None:
    parts = shards(example(tmp_path), 2)
    (tmp_path / ".llmops/runs" / parts[1] / "run.json").unlink()
    outcome = llmops("runs", "merge", *parts, folder=tmp_path)
    assert outcome.code == 10
    assert "shard 2 was interrupted" in outcome.out
