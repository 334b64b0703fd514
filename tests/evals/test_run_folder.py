"""Folders of runs: what is continued and what begins anew, listing, and a result that is whole or not there."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from evals.eval_world import EQUALS, Echo, World, cases_of, job_of

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.suites import MetricSpec
from llmops_cli.evals.job import RunBudget
from llmops_cli.evals.runs.run_folder import RunFolders

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.evals.job import EvalJob

STOPPED = RunBudget(max_calls=3)


def test_a_run_is_listed_with_its_figures(world: World) -> None:
    world.run(job_of(cases_of(4)), Echo())
    (record,) = world.folders.records()
    assert record.complete
    assert "-repeat-after-me-" in record.name
    assert record.result is not None
    assert record.result["score"] == 1.0
    assert world.folders.record("latest") == world.folders.record(record.name) == record
    assert sorted(path.name for path in record.folder.iterdir()) == ["finished.json", "journal.jsonl", "run.json"]


def test_the_result_has_the_same_bytes_for_the_same_run(world: World, tmp_path: Path) -> None:
    job = job_of(cases_of(30, wrong_every=3), repeats=2)
    texts = []
    for root, concurrency in ((world, 1), (World(tmp_path / "b"), 9)):
        root.run(replace(job, concurrency=concurrency), Echo(wait=True))
        texts.append((root.folders.record("latest").folder / "run.json").read_bytes())
    assert texts[0] == texts[1]


def test_a_finished_run_is_not_continued(world: World) -> None:
    job = job_of(cases_of(4))
    model = Echo()
    world.run(job, model)
    world.run(job, model)
    assert len(model.asked) == 8
    assert len(list(world.folders.records())) == 2


def test_an_interrupted_run_is_continued(world: World) -> None:
    job = job_of(cases_of(10))
    world.run(replace(job, budget=STOPPED), Echo(), finish=False)
    _, end = world.run(job, Echo())
    assert (end.resumed, end.run_now) == (3, 7)


def test_more_repeats_continue_the_same_run(world: World) -> None:
    job = job_of(cases_of(10))
    world.run(replace(job, budget=STOPPED), Echo())
    summary, end = world.run(replace(job, repeats=2), Echo())
    assert (end.resumed, end.run_now, summary.trials.passed) == (3, 17, 20)


def changed(job: EvalJob) -> list[EvalJob]:
    stricter = MetricSpec(metric="equals", name="equals", parameters={"whitespace": "exact"})
    first = job.cases[0]
    return [
        replace(job, prompt=replace(job.prompt, model=replace(job.model, temperature=0.5))),
        replace(job, model=replace(job.model, temperature=0.5)),
        replace(job, suite=replace(job.suite, metrics=(stricter,))),
        replace(job, cases=(replace(first, expected="else"), *job.cases[1:])),
        replace(job, cases=job.cases[1:]),
        replace(job, fail_fast_tier=True),
        replace(job, tiers=frozenset()),
    ]


@pytest.mark.parametrize("index", range(7))
def test_whatever_changes_a_result_begins_a_new_run(world: World, index: int) -> None:
    job = job_of(cases_of(10))
    world.run(replace(job, budget=STOPPED), Echo())
    assert not world.folders.open(changed(job)[index]).resumed


def test_the_default_of_a_parameter_and_its_explicit_value_are_told_apart_by_nothing() -> None:
    job = job_of(cases_of(2))
    spelled = replace(EQUALS, parameters={"whitespace": "trim", "ignore_case": False})
    assert replace(job, suite=replace(job.suite, metrics=(spelled,))).identity == job.identity


def test_an_interrupted_run_is_begun_anew_where_asked(world: World) -> None:
    job = job_of(cases_of(10))
    world.run(replace(job, budget=STOPPED), Echo())
    assert not world.folders.open(job, resume=False).resumed


def test_a_run_that_another_process_writes_is_left_alone(world: World) -> None:
    job = job_of(cases_of(10))
    first = world.folders.open(job)
    second = world.folders.open(job)
    assert not second.resumed
    assert second.folder != first.folder


def test_a_torn_line_is_noted(world: World) -> None:
    job = job_of(cases_of(10))
    run = world.folders.open(replace(job, budget=STOPPED))
    run.journal.close()
    with run.journal.path.open("ab") as file:
        file.write(b'{"case":"case-0')
    again = world.folders.open(job)
    assert again.resumed
    assert again.notes == ("the last line of its journal was cut short (15 bytes dropped)",)


def test_a_folder_that_is_no_run_is_passed_over(world: World, tmp_path: Path) -> None:
    (tmp_path / "runs" / "notes").mkdir(parents=True)
    (tmp_path / "runs" / "20260101T000000Z-x-0").mkdir()
    (tmp_path / "runs" / "20260101T000000Z-x-0" / "journal.jsonl").write_bytes(b"")
    (tmp_path / "runs" / "a-file").write_text("")
    assert list(world.folders.records()) == []
    world.run(job_of(cases_of(2)), Echo())
    assert len(list(world.folders.records())) == 1


def test_runs_of_one_second_are_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    """The names of two prompts, or of two contents of one, say nothing about which of them came later."""
    second = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
    began: list[str] = []
    jobs = [job_of(cases_of(size)) for size in (2, 3, 4, 5, 6)] * 3
    for number, job in enumerate(jobs):
        now = partial(_same, second + timedelta(microseconds=7 * number))
        folders = RunFolders(tmp_path, now=now, clock=time.monotonic)
        run = folders.open(job, resume=False)
        run.journal.close()
        began.append(run.folder.name)
        assert folders.record("latest").name == began[-1]
    folders = RunFolders(tmp_path, now=partial(_same, second), clock=time.monotonic)
    assert [record.name for record in folders.records()] == began[::-1]


def _same(moment: datetime) -> datetime:
    return moment


def test_runs_of_the_same_moment_are_in_one_order_too(tmp_path: Path) -> None:
    folders = RunFolders(tmp_path, now=lambda: datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC), clock=time.monotonic)
    job = job_of(cases_of(2))
    began = []
    for _ in range(12):
        run = folders.open(job, resume=False)
        run.journal.close()
        began.append(run.folder.name)
    assert [record.name for record in folders.records()] == began[::-1]


def test_an_unknown_run_is_named_with_a_proposal(world: World) -> None:
    world.run(job_of(cases_of(2)), Echo())
    name = world.folders.record("latest").name
    with pytest.raises(UsageError) as caught:
        world.folders.record(name[:-1])
    assert caught.value.hint == f"Did you mean '{name}'?"


def test_a_place_that_cannot_be_written_is_a_matter_of_set_up(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file stands where the folder should be")
    with pytest.raises(SetupError):
        World(tmp_path / "runs").folders.open(job_of(cases_of(2)))


@pytest.mark.parametrize(
    "figures", ["", "[]", '{"cases": []}', '{"score": "high", "cases": {}, "trials": {}}', '{"cases": {"total": "x"}}']
)
def test_figures_that_were_changed_from_outside_are_made_again(world: World, figures: str) -> None:
    job = job_of(cases_of(4))
    world.run(job, Echo())
    (record,) = world.folders.records()
    before = (record.folder / "run.json").read_bytes()
    (record.folder / "run.json").write_text(figures)
    assert not world.folders.record(record.name).complete
    _, end = world.run(job, Echo())
    assert (end.resumed, end.run_now) == (4, 0)
    assert (record.folder / "run.json").read_bytes() == before


@pytest.mark.parametrize(("was", "now"), [('"cases":4', '"cases":"x"'), ('"tiers":[', '"tears":['), ('"format":1', "")])
def test_a_journal_whose_first_line_was_changed_is_no_run(world: World, was: str, now: str) -> None:
    world.run(job_of(cases_of(4)), Echo())
    (record,) = world.folders.records()
    text = record.journal.read_text()
    assert was in text
    record.journal.write_text(text.replace(was, now, 1))
    assert list(world.folders.records()) == []
