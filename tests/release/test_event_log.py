"""Any edit, removal, reordering or truncation of the log is found: every one of them, on a log of 200 entries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from release.samples import publish, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.event_log import Checkpoint, verify
from llmops_cli.release.reading import events_back, load_state
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llmops_cli.core.release_target import Write

PRODUCTION = "production"
ENTRIES = 200


class Memory:
    """A target whose bytes a test may change."""

    label = "memory"

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.releases: dict[tuple[str, int], bytes] = {}
        self.events: list[bytes] = []

    def environments(self) -> tuple[str, ...]:
        return (PRODUCTION,)

    def read_state(self, environment: str) -> bytes | None:  # noqa: ARG002 - there is one
        return self.state

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        return self.releases.get((prompt_id, version))

    def read_events(
        self,
        environment: str,  # noqa: ARG002 - there is one
        revision: int,
        head: str,  # noqa: ARG002 - the reader checks it
        *,
        limit: int = 100,
    ) -> Sequence[bytes]:
        return self.events[max(revision - limit, 0) : revision][::-1] if revision <= len(self.events) else []

    def commit(self, write: Write) -> None:
        for item in write.releases:
            self.releases[item.prompt_id, item.version] = item.data
        self.events.append(write.event)
        self.state = write.state

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:  # noqa: ARG002 - nobody waits
        return len(self.events)

    def close(self) -> None:
        return


@pytest.fixture(scope="module")
def log() -> Memory:
    memory = Memory()
    for version in range(1, ENTRIES + 1):
        publish(memory, release(version))
    return memory


@pytest.fixture
def copy(log: Memory) -> Memory:
    memory = Memory()
    memory.state, memory.releases, memory.events = log.state, dict(log.releases), list(log.events)
    return memory


def found(memory: Memory, checkpoint: Checkpoint | None = None) -> bool:
    return bool(verify(memory, PRODUCTION, checkpoint=checkpoint).problems)


def test_an_untouched_log_is_fine(copy: Memory) -> None:
    report = verify(copy, PRODUCTION)
    assert (report.problems, report.events, report.releases) == ((), ENTRIES, ENTRIES)


def test_an_edit_of_any_entry_is_found(copy: Memory) -> None:
    for index, event in enumerate(copy.events):
        place = (index * 37) % len(event)
        for flip in (0x01, 0x20):
            copy.events[index] = event[:place] + bytes([event[place] ^ flip]) + event[place + 1 :]
            assert found_in_walk(copy), (index, place)
        copy.events[index] = event.replace(b'"by":"Ada"', b'"by":"Eve"')
        assert found_in_walk(copy)
        copy.events[index] = event


def test_any_flipped_byte_of_one_entry_is_found(copy: Memory) -> None:
    event = copy.events[-1]
    for place in range(len(event)):
        copy.events[-1] = event[:place] + bytes([event[place] ^ 0x04]) + event[place + 1 :]
        assert found_in_walk(copy), place


def test_the_removal_of_any_entry_is_found(copy: Memory) -> None:
    for index in range(ENTRIES):
        removed = copy.events.pop(index)
        assert found_in_walk(copy), index
        copy.events.insert(index, removed)


def test_any_exchange_of_neighbours_is_found(copy: Memory) -> None:
    for index in range(ENTRIES - 1):
        copy.events[index], copy.events[index + 1] = copy.events[index + 1], copy.events[index]
        assert found_in_walk(copy), index
        copy.events[index], copy.events[index + 1] = copy.events[index + 1], copy.events[index]


def test_a_log_that_was_cut_off_anywhere_is_found(copy: Memory) -> None:
    whole = list(copy.events)
    for length in range(ENTRIES):
        copy.events = whole[:length]
        assert found_in_walk(copy), length


def test_a_log_cut_off_together_with_its_state_is_found_by_a_checkpoint(copy: Memory) -> None:
    shorter = Memory()
    for version in range(1, 11):
        publish(shorter, release(version))
    checkpoint = verify(copy, PRODUCTION).checkpoint
    assert checkpoint is not None
    assert not found(shorter)
    assert "cut off" in verify(shorter, PRODUCTION, checkpoint=checkpoint).problems[0]


def test_a_log_that_was_written_anew_is_found_by_a_checkpoint() -> None:
    one, other = Memory(), Memory()
    publish(one, release(1))
    publish(other, release(1, "something else"))
    kept = verify(one, PRODUCTION).checkpoint
    assert kept is not None
    publish(other, release(2))
    assert "rewritten" in verify(other, PRODUCTION, checkpoint=kept).problems[0]


def test_an_edited_state_is_found(copy: Memory) -> None:
    assert copy.state is not None
    copy.state = copy.state.replace(b'"by":"Ada"', b'"by":"Eve"')
    assert found(copy)


def test_an_edited_release_is_found(copy: Memory) -> None:
    name, data = next(iter(copy.releases.items()))
    copy.releases[name] = data.replace(b"Summarise", b"Summarize")
    assert found(copy)
    del copy.releases[name]
    assert found(copy)


def test_the_command_says_what_is_wrong_and_ends_with_9(tmp_path: Path) -> None:
    path = tmp_path / "releases.db"
    with closing(SqliteTarget(path)) as target:
        publish(target, release(1))
        publish(target, release(2))
    uri = f"sqlite:///{path}"
    fine = llmops("audit", "verify", "--target", uri, folder=tmp_path)
    assert fine.code == 0
    checkpoint = fine.out.split("checkpoint ")[1].strip()
    assert llmops("audit", "verify", "--target", uri, "--checkpoint", checkpoint, folder=tmp_path).code == 0
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE events SET data = CAST(replace(CAST(data AS TEXT), 'Ada', 'Eve') AS BLOB) WHERE revision = 1"
        )
    done = llmops("audit", "verify", "--target", uri, folder=tmp_path)
    assert done.code == 9
    assert "revision 1" in done.out


def found_in_walk(memory: Memory) -> bool:
    """Look at the log alone: reading 200 releases for each of thousands of edits takes minutes."""

    try:
        walked: Iterator[object] = events_back(memory, load_state(memory, PRODUCTION))
        return sum(1 for _ in walked) != ENTRIES
    except LlmopsError:
        return True
