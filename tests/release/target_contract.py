"""What every target promises. A test module subclasses `TargetContract` and says how its target is opened."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from release.samples import NAME, StillClock, intent, publish, publish_plan, release

from llmops_cli.core.release_target import ReleaseExistsError, StaleRevisionError, UnknownOutcomeError
from llmops_cli.release.apply import apply, event_of, write_of
from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import events_back, load_release, load_state
from llmops_cli.release.rollback import plan_rollback

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from llmops_cli.core.release_target import Target, Write

ENVIRONMENT = "production"
PUBLISHERS = 100
ROUNDS = 2


class TargetContract:
    """The promises; `opened` gives a new connection to the same place each time."""

    publishers = PUBLISHERS
    megabyte = 1_000_000

    def opened(self) -> AbstractContextManager[Target]:
        raise NotImplementedError

    @pytest.fixture
    def target(self) -> Iterator[Target]:
        with self.opened() as target:
            yield target

    def test_nothing_was_ever_written(self, target: Target) -> None:
        assert target.environments() == ()
        assert target.read_state(ENVIRONMENT) is None
        assert target.read_release(NAME, 1) is None
        assert list(target.read_events(ENVIRONMENT, 1, "sha256:" + "0" * 64)) == []
        assert target.wait(ENVIRONMENT, 0, 0.0) == 0

    def test_what_was_committed_is_read_back_by_another_connection(self, target: Target) -> None:
        first, second = release(1), release(2)
        publish(target, first)
        receipt = publish(target, second)
        with self.opened() as other:
            state = load_state(other, ENVIRONMENT)
            assert (state.revision, state.head) == (2, receipt.event.digest())
            assert state.prompts[NAME].stable == second.ref()
            assert load_release(other, NAME, first.ref()) == first
            assert [event.revision for event in events_back(other, state)] == [2, 1]
            assert other.environments() == (ENVIRONMENT,)
            assert verify(other, ENVIRONMENT).problems == ()

    def test_environments_do_not_know_each_other(self, target: Target) -> None:
        publish(target, release(1))
        publish(target, release(1), environment="staging")
        publish(target, release(2), environment="staging")
        assert target.environments() == ("production", "staging")
        assert load_state(target, ENVIRONMENT).revision == 1
        assert load_state(target, "staging").revision == 2

    def test_a_stale_writer_changes_nothing_and_learns_the_revision(self, target: Target) -> None:
        late = _write(target, 2)
        publish(target, release(1))
        before = target.read_state(ENVIRONMENT)
        with pytest.raises(StaleRevisionError) as refused:
            target.commit(late)
        assert refused.value.current == 1
        assert target.read_state(ENVIRONMENT) == before
        assert target.read_release(NAME, 2) is None

    def test_a_writer_from_the_future_is_stale_too(self, target: Target) -> None:
        publish(target, release(1))
        for ahead in (1, 3):
            with pytest.raises(StaleRevisionError):
                target.commit(_write(target, 2, ahead=ahead))
        assert load_state(target, ENVIRONMENT).revision == 1

    def test_a_writer_with_another_past_is_stale(self, target: Target) -> None:
        publish(target, release(1))
        with pytest.raises(StaleRevisionError):
            target.commit(_write(target, 2, head="sha256:" + "0" * 64))
        assert load_state(target, ENVIRONMENT).revision == 1

    def test_a_released_version_never_changes(self, target: Target) -> None:
        first = release(1)
        publish(target, first)
        other = release(1, "Something else entirely.")
        plan = publish_plan(target, other, environment="staging")
        with pytest.raises(ReleaseExistsError):
            apply(plan, target, StillClock())
        assert load_release(target, NAME, first.ref()) == first
        assert target.read_state("staging") is None

    def test_a_lost_answer_is_found_by_asking_again(self, target: Target) -> None:
        losing = _LosesAnswers(target, losses=2)
        receipt = apply(publish_plan(target, release(1)), losing, StillClock())
        assert receipt.event.revision == 1
        assert load_state(target, ENVIRONMENT).revision == 1
        assert losing.commits == 3

    def test_a_lost_request_is_sent_again(self, target: Target) -> None:
        losing = _LosesAnswers(target, losses=2, before=True)
        apply(publish_plan(target, release(1)), losing, StillClock())
        assert load_state(target, ENVIRONMENT).revision == 1

    def test_the_same_intention_happens_once_even_after_others(self, target: Target) -> None:
        plan = publish_plan(target, release(1))
        first = apply(plan, target, StillClock())
        publish(target, release(2))
        again = apply(plan, target, StillClock())
        assert again.repeated
        assert again.event == first.event
        assert load_state(target, ENVIRONMENT).revision == 2

    def test_dying_between_release_and_state_leaves_what_was(self, target: Target) -> None:
        publish(target, release(1))
        before = target.read_state(ENVIRONMENT)
        self.die_before_the_state(target, _write(target, 2, ahead=5))
        assert target.read_state(ENVIRONMENT) == before
        publish(target, release(2))
        assert load_state(target, ENVIRONMENT).prompts[NAME].stable == release(2).ref()
        assert verify(target, ENVIRONMENT).problems == ()

    def die_before_the_state(self, target: Target, stale: Write) -> None:
        """Leave behind what a writer leaves that dies before its state; nothing, where a step is one transaction."""
        with pytest.raises(StaleRevisionError):
            target.commit(stale)

    def test_of_many_publishers_one_wins_each_revision(self, target: Target) -> None:
        publish(target, release(1))
        for _ in range(ROUNDS):
            before = load_state(target, ENVIRONMENT).revision
            outcomes = self._race(before)
            assert outcomes.count("won") == 1
            assert set(outcomes) <= {"won", str(before + 1)}
            assert load_state(target, ENVIRONMENT).revision == before + 1
        report = verify(target, ENVIRONMENT)
        assert (report.problems, report.events) == ((), 1 + ROUNDS)

    def test_two_writers_that_try_again_both_get_through(self, target: Target) -> None:
        def writer(name: str) -> None:
            with self.opened() as mine:
                for version in range(1, 6):
                    apply(publish_plan(mine, release(version, name=name)), mine, StillClock())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(writer, ("first-prompt", "second-prompt")))
        state = load_state(target, ENVIRONMENT)
        assert state.revision == 10
        assert {name: item.stable.version for name, item in state.prompts.items() if item.stable} == {
            "first-prompt": 5,
            "second-prompt": 5,
        }
        assert verify(target, ENVIRONMENT).problems == ()

    def test_any_text_and_a_megabyte_come_back_as_they_were(self, target: Target) -> None:
        wide = release(
            1, "é\u200d👩‍👩‍👧 \u202e \U0010fffd 'quotes' \"; DROP TABLE releases; -- %s {{ x }} \r\n\t\\u0000"
        )
        big = release(1, "ä" * (self.megabyte // 2), name="big-prompt")
        publish(target, wide, big)
        assert load_release(target, NAME, wide.ref()).prompt.content() == wide.prompt.content()
        assert load_release(target, "big-prompt", big.ref()) == big

    def test_waiting_ends_with_the_next_revision(self, target: Target) -> None:
        publish(target, release(1))
        assert target.wait(ENVIRONMENT, 0, 5.0) == 1
        with ThreadPoolExecutor(1) as pool, self.opened() as other:
            waiting = pool.submit(other.wait, ENVIRONMENT, 1, 20.0)
            publish(target, release(2))
            assert waiting.result(timeout=30) == 2
        assert target.wait(ENVIRONMENT, 2, 0.05) == 2

    def test_a_rollback_is_a_step_like_any_other(self, target: Target) -> None:
        publish(target, release(1))
        publish(target, release(2))
        state = load_state(target, ENVIRONMENT)
        apply(plan_rollback(state, NAME, target, intent("broken")), target, StillClock())
        state = load_state(target, ENVIRONMENT)
        assert state.revision == 3
        assert state.prompts[NAME].stable == release(1).ref()
        assert verify(target, ENVIRONMENT).problems == ()

    def test_long_logs_are_read_in_parts(self, target: Target) -> None:
        for version in range(1, 8):
            publish(target, release(version))
        state = load_state(target, ENVIRONMENT)
        part = target.read_events(ENVIRONMENT, state.revision, state.head, limit=3)
        assert 1 <= len(part) <= 3
        assert json.loads(part[0])["revision"] == 7
        assert list(target.read_events(ENVIRONMENT, 7, "sha256:" + "0" * 64, limit=3)) == []

    def _race(self, before: int) -> list[str]:
        barrier = Barrier(self.publishers)

        def publisher(number: int) -> str:
            with self.opened() as mine:
                write = _write(mine, 1000 * (before + 1) + number)
                barrier.wait(60)
                try:
                    mine.commit(write)
                except StaleRevisionError as error:
                    return str(error.current)
                return "won"

        with ThreadPoolExecutor(self.publishers) as pool:
            return list(pool.map(publisher, range(self.publishers)))


def _write(target: Target, version: int, *, ahead: int = 0, head: str = "") -> Write:
    """Return a step for the current state, or for one that is `ahead` of it, or has another past."""
    plan = publish_plan(target, release(version))
    state = load_state(target, ENVIRONMENT)
    head = head or (state.head if not ahead else "sha256:" + "e" * 64)
    believed = replace(state, revision=state.revision + ahead, head=head)
    return write_of(believed, event_of(plan, believed, at="2026-11-23T03:00:00.000Z"), plan.releases)


class _LosesAnswers:
    """A target whose first answers to `commit` are lost, after the step was made or `before` it was."""

    def __init__(self, target: Target, *, losses: int, before: bool = False) -> None:
        self.label = target.label
        self.commits = 0
        self._target = target
        self._losses = losses
        self._before = before

    def environments(self) -> tuple[str, ...]:
        return self._target.environments()

    def read_state(self, environment: str) -> bytes | None:
        return self._target.read_state(environment)

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        return self._target.read_release(prompt_id, version)

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        return self._target.read_events(environment, revision, head, limit=limit)

    def commit(self, write: Write) -> None:
        self.commits += 1
        lost = self.commits <= self._losses
        if not (lost and self._before):
            self._target.commit(write)
        if lost:
            message = "the connection was reset"
            raise UnknownOutcomeError(message)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        return self._target.wait(environment, after, timeout_seconds)

    def close(self) -> None:
        self._target.close()
