"""The journal: what was written is there, what was torn is dropped, and nobody else writes meanwhile."""

from __future__ import annotations

import resource
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from evals.eval_world import Echo, World, answer_of, cases_of, job_of
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.errors import InvalidFileError, RefusedError, SetupError
from llmops_cli.core.runs import Trial, TrialError, TrialKey
from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.runs.case_scores import iter_case_outcomes
from llmops_cli.evals.runs.journal import Journal, read_entries, read_header
from llmops_cli.evals.runs.journal_line import JournalEntry, entry_as_line, entry_from_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates and controls included


def entry(case_id: str, *, number: int = 0, attempt: int = 0, text: str = "hi", error: bool = False) -> JournalEntry:
    key = TrialKey(case_id=case_id, number=number)
    if error:
        trial = Trial(key=key, error=TrialError(kind="provider", message="503"))
        return JournalEntry(trial=trial, score=None, attempt=attempt)
    score = Score(metric="equals", value=1.0, passed=True, reason=text)
    return JournalEntry(trial=Trial(key=key, completion=answer_of(text), scores=(score,)), score=1.0, attempt=attempt)


@given(ANY_TEXT, ANY_TEXT)
def test_a_line_reads_back_as_the_same_entry_whatever_the_texts(case_id: str, text: str) -> None:
    original = entry(case_id, text=text)
    line = entry_as_line(original)
    assert line.count(b"\n") == 1
    assert entry_from_line(line) == original


def test_failures_and_skipped_metrics_are_kept() -> None:
    trial = Trial(
        key=TrialKey(case_id="a", number=2),
        completion=answer_of("x"),
        scores=(Score(metric="cost", value=0.0, passed=False, reason="", raw=0.25, unit="usd"),),
        failures=(ScoreFailure(metric="judge", reason="unreadable"),),
        skipped_metrics=("bert_score",),
        aside=("judge",),
    )
    original = JournalEntry(trial=trial, score=None, attempt=3)
    assert entry_from_line(entry_as_line(original)) == original


def journal_with(path: Path, *entries: JournalEntry) -> Path:
    with Journal.create(path, {"note": "test"}, time.monotonic) as journal:
        for item in entries:
            journal.append(item)
    return path


def test_a_line_cut_anywhere_is_dropped_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = journal_with(tmp_path / "journal.jsonl", entry("a"), entry("b"), entry("c", text="é" * 50))
    whole = path.read_bytes()
    start = whole.rindex(b'{"case":"c"')
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        assert [item.trial.key.case_id for item in read_entries(path)] == ["a", "b"]
        with Journal.reopen(path, time.monotonic) as journal:
            assert journal.state.dropped_bytes == cut - start
            assert journal.state.done == {("a", 0), ("b", 0)}
            journal.append(entry("c"))
        assert [item.trial.key.case_id for item in read_entries(path)] == ["a", "b", "c"]


def test_a_torn_line_longer_than_a_block_is_dropped_whole(tmp_path: Path) -> None:
    path = journal_with(tmp_path / "journal.jsonl", entry("a"), entry("b", text="x" * 300_000))
    path.write_bytes(path.read_bytes()[:-1])
    with Journal.reopen(path, time.monotonic) as journal:
        assert journal.state.done == {("a", 0)}


def test_a_line_that_is_no_trial_is_named_by_its_number(tmp_path: Path) -> None:
    path = journal_with(tmp_path / "journal.jsonl", entry("a"))
    with path.open("ab") as file:
        file.write(b'{"nonsense": 1}\n')
    with pytest.raises(InvalidFileError) as caught:
        list(read_entries(path))
    assert caught.value.where == f"{path}:3"


def test_two_processes_cannot_write_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, {}, time.monotonic), pytest.raises(RefusedError):
        Journal.reopen(path, time.monotonic)


def test_a_retried_trial_counts_with_its_last_attempt(tmp_path: Path) -> None:
    path = journal_with(
        tmp_path / "journal.jsonl",
        entry("a", error=True),
        entry("b"),
        entry("a", attempt=1, error=True),
        entry("a", attempt=2),
    )
    assert [(item.trial.key.case_id, item.attempt) for item in read_entries(path)] == [("b", 0), ("a", 2)]


@pytest.mark.parametrize("content", [b"", b'{"format":1', b"nonsense\n", b'{"format":99}\n', b"[1]\n"])
def test_a_file_without_our_first_line_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    assert read_header(path) is None


def test_the_scores_of_every_case_come_trial_by_trial(world: World) -> None:
    world.run(job_of(cases_of(4, wrong_every=2), repeats=2), Echo())
    path = next(world.folders.records()).journal
    cases = list(iter_case_outcomes(path))
    assert [(case.case_id, [outcome.score for outcome in case.trials]) for case in cases] == [
        ("case-00000", [0.0, 0.0]),
        ("case-00001", [1.0, 1.0]),
        ("case-00002", [0.0, 0.0]),
        ("case-00003", [1.0, 1.0]),
    ]
    assert [outcome.passed for outcome in cases[0].trials] == [False, False]
    assert cases[0].trials[0].metrics == (("equals", 0.0),)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Stand in for a full disk: what would make a file of this process longer is not written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_a_matter_of_set_up_and_glues_no_lines(world: World) -> None:
    job = job_of(cases_of(10))
    run = world.folders.open(job)
    run.journal.append(entry("case-00000"))
    size = run.journal.path.stat().st_size
    with files_no_longer_than(size + 20), pytest.raises(SetupError, match="the run cannot be written: File too large"):
        run.journal.append(entry("case-00001"))
    assert run.journal.path.stat().st_size == size
    # room again: the next line stands for itself
    run.journal.append(entry("case-00002"))
    run.journal.close()
    assert [each.trial.key.case_id for each in read_entries(run.journal.path)] == ["case-00000", "case-00002"]


def test_figures_that_cannot_be_written_are_made_later(world: World) -> None:
    job = job_of(cases_of(3))
    summary, end = world.run(job, Echo(), finish=False)
    run = world.folders.open(job)
    with files_no_longer_than(500), pytest.raises(SetupError, match="the figures of the run cannot be written"):
        world.folders.finish(run, summary, end)
    (record,) = world.folders.records()
    assert not record.complete
    assert sorted(path.name for path in record.folder.iterdir()) == ["finished.json", "journal.jsonl"]
    _, end = world.run(job, Echo())
    assert (end.resumed, end.run_now) == (3, 0)
