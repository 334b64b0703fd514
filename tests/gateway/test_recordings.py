"""Recordings come back as they went in, and tell which edit made them miss."""

from __future__ import annotations

import errno
import json
import multiprocessing
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import answer, ask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_cli.core.completions import CompletionSource, TokenLogprob, ToolCall
from llmops_cli.core.errors import InvalidFileError, SetupError, UsageError
from llmops_cli.gateway.recordings import EXPLAINED_MISSES, RecordingMissError, Recordings

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest

FILE = "echo/any.jsonl"


def record(folder: Path, *pairs: tuple[CompletionRequest, Completion]) -> tuple[str, ...]:
    with closing(Recordings(folder)) as recordings:
        for request, completion in pairs:
            recordings.add(request, completion)
        return recordings.write()


def replay(folder: Path, request: CompletionRequest) -> Completion:
    with closing(Recordings(folder)) as recordings:
        return recordings.answer(request)


def test_an_answer_comes_back_as_it_was_apart_from_where_it_comes_from(tmp_path: Path) -> None:
    given_answer = replace(
        answer("né \u2028 \x00 \U0001f600"),
        tool_calls=(ToolCall(name="look_up", arguments='{"a": 1}'),),
        logprobs=(TokenLogprob(token="a", logprob=-0.5, alternatives=(("b", -1.0),)),),  # noqa: S106 - a token of text
        fingerprint="fp",
    )
    record(tmp_path, (ask(), given_answer))
    assert replay(tmp_path, ask()) == replace(given_answer, source=CompletionSource.RECORDING)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 3), st.text(max_size=20)), max_size=8))
def test_the_order_of_recording_does_not_change_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str]]
) -> None:
    pairs = [(ask(text, trial=trial), answer(reply)) for text, trial, reply in rows if _encodable(text + reply)]
    unique = {(request.digest(), request.trial): (request, completion) for request, completion in pairs}
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    record(one, *unique.values())
    for pair in reversed(unique.values()):
        record(two, pair)
    if unique:
        data = (one / FILE).read_bytes()
        assert data == (two / FILE).read_bytes()
        keys = [(line["digest"], line["trial"]) for line in map(json.loads, data.decode().split("\n")[:-1])]
        assert keys == sorted(unique)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def test_recording_the_same_answer_again_gives_no_diff_whatever_its_latency(tmp_path: Path) -> None:
    assert record(tmp_path, (ask(), answer(latency_seconds=0.1234567))) != ()
    before = (tmp_path / FILE).read_bytes()
    assert b'"latency_seconds":0.123,' in before
    assert record(tmp_path, (ask(), answer(latency_seconds=9.0))) == ()
    assert (tmp_path / FILE).read_bytes() == before
    # a real change next to it leaves the line as it is, too
    record(tmp_path, (ask(), answer(latency_seconds=9.0)), (ask("Other?"), answer()))
    assert before in (tmp_path / FILE).read_bytes()


def test_another_answer_replaces_the_older_one(tmp_path: Path) -> None:
    record(tmp_path, (ask(), answer("old")), (ask("Other?"), answer("other")))
    record(tmp_path, (ask(), answer("new")))
    recordings = Recordings(tmp_path)
    assert [recordings.answer(ask()).text, recordings.answer(ask("Other?")).text] == ["new", "other"]
    recordings.close()


def _record_many(folder: Path, worker: int) -> None:
    recordings = Recordings(folder)
    for number in range(20):
        recordings.add(ask(f"{worker} {number}"), answer())
        recordings.write()
    recordings.close()


def test_processes_that_record_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_record_many, args=(tmp_path, worker)) for worker in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 60
    assert [path.name for path in (tmp_path / "echo").iterdir()] == ["any.jsonl"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, (ask(), answer()))
    before = (tmp_path / FILE).read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SetupError, match="recordings cannot be written: no space left"):
        record(tmp_path, (ask("Other?"), answer()))
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in (tmp_path / "echo").iterdir()] == ["any.jsonl"]


def test_repeats_are_recorded_apart(tmp_path: Path) -> None:
    record(tmp_path, (ask(), answer("first")), (ask(trial=1), answer("second")))
    recordings = Recordings(tmp_path)
    assert [recordings.answer(ask(trial=t)).text for t in (0, 1)] == ["first", "second"]
    with pytest.raises(RecordingMissError, match="trial 3 of this request is not recorded; fewer repeats are"):
        recordings.answer(ask(trial=2))
    recordings.close()


def test_a_miss_names_the_words_that_changed(tmp_path: Path) -> None:
    pairs = [(ask(mail, system="Be brief and kind."), answer()) for mail in ("First mail.", "Another letter.")]
    record(tmp_path, *pairs)
    with closing(Recordings(tmp_path)) as recordings:
        for request, words in (
            (
                ask("First mail.", system="Be long and kind."),
                r"message 1 \(system\) had 'brief' where it now has 'long'\.",
            ),
            (
                ask("First, mail.", system="Be brief and kind."),
                r"message 2 \(user\) had nothing where it now has ','\.",
            ),
            (
                ask("First short mail.", system="Be brief and kind."),
                r"message 2 \(user\) had nothing where it now has 'short '\.",
            ),
            (
                ask("First smail.", system="Be brief and kind."),
                r"message 2 \(user\) had 'mail' where it now has 'smail'\.",
            ),
        ):
            with pytest.raises(RecordingMissError, match=f"the prompt or its case changed: {words}"):
                recordings.answer(request)
        with pytest.raises(RecordingMissError, match="2 messages then, 1 now"):
            recordings.answer(ask("Be brief and kind!"))
        with pytest.raises(RecordingMissError, match="the case is new, or most of the prompt changed"):
            recordings.answer(ask("Something else?", system="You sort things."))


def test_a_miss_of_a_prompt_with_one_message_finds_the_same_case_before_the_edit(tmp_path: Path) -> None:
    mails = ["I was charged twice.", "Where is my parcel?", "The app crashes."]
    record(tmp_path, *((ask(f"Sort this ticket: {mail}"), answer()) for mail in mails))
    with closing(Recordings(tmp_path)) as recordings, pytest.raises(RecordingMissError) as caught:
        recordings.answer(ask("Sort this letter: Where is my parcel?"))
    assert "message 1 (user) had 'ticket' where it now has 'letter'." in caught.value.message


def test_after_many_misses_the_nearest_request_is_no_longer_looked_for(tmp_path: Path) -> None:
    record(tmp_path, (ask("a"), answer()))
    with closing(Recordings(tmp_path)) as recordings:
        said = []
        for number in range(EXPLAINED_MISSES + 1):
            with pytest.raises(RecordingMissError) as caught:
                recordings.answer(ask(f"b{number}"))
            said.append(caught.value.message)
    assert "the case is new" in said[-2]
    assert said[-1] == "this request is not recorded. Nor are many others of this model."


def test_a_miss_names_the_settings_that_changed(tmp_path: Path) -> None:
    record(tmp_path, (ask(temperature=0.0, max_tokens=20), answer()))
    recordings = Recordings(tmp_path)
    with pytest.raises(RecordingMissError) as caught:
        recordings.answer(ask(temperature=0.5, max_tokens=None, schema={"type": "object"}))
    recordings.close()
    assert "model.max_tokens was 20 and is not set; model.temperature was 0 and is 0.5; output changed" in str(
        caught.value
    )
    assert caught.value.hint is not None
    assert "--record" in caught.value.hint


def test_a_model_without_recordings_is_a_miss_with_the_file_that_would_hold_them(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissError, match="nothing is recorded for echo/any") as caught:
        Recordings(tmp_path / "evals" / "recordings").answer(ask())
    assert caught.value.where == "evals/recordings/echo/any.jsonl"


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda data: b"<<<<<<< HEAD\n" + data, r"jsonl:1: this is not a recording"),
        (lambda data: data + data, r"jsonl:2: the request of line 1 is recorded twice"),
        (lambda data: data.replace(b'"request":{', b'"request":{{'), r"jsonl:1: this is not JSON"),
        (lambda data: data.replace(b'"text":"Hi."', b'"text":7'), r"jsonl:1: the response is not a completion"),
        (lambda data: data[:-20], r"jsonl:1: this is not a recording"),
    ],
)
def test_a_damaged_file_is_an_error_with_its_line(tmp_path: Path, damage: object, problem: str) -> None:
    record(tmp_path, (ask(), answer()))
    assert callable(damage)
    path = tmp_path / FILE
    path.write_bytes(damage(path.read_bytes()))
    recordings = Recordings(tmp_path)
    with pytest.raises(InvalidFileError, match=problem):
        recordings.answer(ask())
    recordings.close()


def test_recording_again_removes_nothing_that_a_base_may_replay(tmp_path: Path) -> None:
    record(tmp_path, (ask("A"), answer()), (ask("B"), answer()))
    record(tmp_path, (ask("C"), answer()))
    recordings = Recordings(tmp_path)
    assert [recordings.answer(ask(text)).text for text in "ABC"] == ["Hi."] * 3
    recordings.close()


@pytest.mark.parametrize(
    "name", ["echo/../../../etc/passwd", "echo/..", "echo/.hidden", "echo/a/b", "echo/\x00", "echo/a\\b"]
)
def test_no_model_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    record(tmp_path / "recordings", (ask(model=name), answer()))
    files = [p for p in (tmp_path / "recordings").rglob("*") if p.is_file()]
    assert [p.parent for p in files] == [tmp_path / "recordings" / "echo"]
    assert not files[0].name.startswith(".")
    assert replay(tmp_path / "recordings", ask(model=name)).text == "Hi."


def test_a_name_without_a_provider_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not name a provider and a model"):
        Recordings(tmp_path).has("gpt-5")


def test_a_file_of_thousands_is_read_by_key_without_keeping_the_answers(tmp_path: Path) -> None:
    record(tmp_path, *((ask(f"Question {n}"), answer(f"Answer {n}")) for n in range(2000)))
    recordings = Recordings(tmp_path)
    assert [recordings.answer(ask(f"Question {n}")).text for n in (1999, 0, 77)] == [
        "Answer 1999",
        "Answer 0",
        "Answer 77",
    ]
    recordings.close()
