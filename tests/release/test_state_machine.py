"""Laws of the state machine, driven by random sequences of everything that people do."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from release.samples import NAME, StillClock, intent, publish, publish_plan, release

from llmops_cli.core.environment_state import EnvironmentState, parse_state
from llmops_cli.core.errors import RefusedError
from llmops_cli.core.release_events import Change, EventKind, HeldContent
from llmops_cli.core.release_target import StaleRevisionError
from llmops_cli.release.apply import apply, event_of
from llmops_cli.release.canary_plans import plan_abort, plan_promote_canary, plan_start, plan_step
from llmops_cli.release.event_log import verify
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.state import apply_event
from llmops_cli.release.switches import plan_hold, plan_switch
from llmops_cli.release.targets.sqlite import SqliteTarget

PRODUCTION = "production"
NAMES = st.sampled_from(["first-prompt", "second-prompt"])
VERSIONS = st.integers(1, 6)


class Environment(RuleBasedStateMachine):
    """Any sequence of changes keeps the laws; a refused change changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.target = SqliteTarget(Path(self.folder.name) / "releases.db")
        self.revisions = [0]
        self.plans: list[Plan] = []

    def teardown(self) -> None:
        self.target.close()
        self.folder.cleanup()

    @property
    def state(self) -> EnvironmentState:
        return load_state(self.target, PRODUCTION)

    def carry_out(self, plan: Plan) -> bool:
        before = self.state
        try:
            apply(plan, self.target, StillClock())
        except RefusedError:
            assert self.state == before
            return False
        self.plans.append(plan)
        return True

    @rule(name=NAMES, version=VERSIONS)
    def publish(self, name: str, version: int) -> None:
        before = self.state
        new = release(version, name=name)
        if not self.carry_out(publish_plan(self.target, new)):
            return
        known = before.prompts.get(name)
        held = known.hold_of(new.digest) if known else None
        assert held is None
        assert before.frozen is None
        assert self.state.prompts[name].stable == new.ref()

    @rule(name=NAMES)
    def publish_and_roll_back_is_identity_on_what_is_served(self, name: str) -> None:
        before = self.state.prompts.get(name)
        new = release(100 + self.state.revision, name=name)
        if not self.carry_out(publish_plan(self.target, new)) or before is None or before.stable is None:
            return
        assert self.carry_out(plan_rollback(self.state, name, self.target, intent()))
        after = self.state.prompts[name]
        assert after.stable == before.stable
        assert after.hold_of(new.digest) is not None

    @rule(name=NAMES)
    def roll_back(self, name: str) -> None:
        before = self.state.prompts.get(name)
        if before is None:
            return
        with suppress(RefusedError):
            plan = plan_rollback(self.state, name, self.target, intent())
            assert self.carry_out(plan)
            after = self.state.prompts[name]
            assert before.stable is None or after.hold_of(before.stable.digest) is not None
            assert after.candidate is None
            assert len(after.released) < len(before.released) or before.stable is None

    @rule(name=NAMES, version=VERSIONS, weight=st.integers(0, 100))
    def start_canary(self, name: str, version: int, weight: int) -> None:
        self.carry_out(plan_start(self.state, release(version, name=name), weight, intent()))

    @rule(name=NAMES, weight=st.integers(0, 100), end=st.sampled_from(["step", "promote", "abort"]))
    def change_canary(self, name: str, weight: int, end: str) -> None:
        prompt = self.state.prompts.get(name)
        if prompt is None or prompt.candidate is None:
            return
        plans = {
            "step": lambda: plan_step(self.state, name, weight, intent()),
            "promote": lambda: plan_promote_canary(self.state, name, intent()),
            "abort": lambda: plan_abort(self.state, name, intent()),
        }
        made = self.carry_out(plans[end]())
        assert made or end != "abort"

    @rule(name=NAMES, version=VERSIONS, kind=st.sampled_from([EventKind.HOLD, EventKind.UNHOLD, EventKind.YANK]))
    def hold(self, name: str, version: int, kind: EventKind) -> None:
        if self.target.read_release(name, version) is not None:
            self.carry_out(plan_hold(self.state, name, version, self.target, intent(), kind=kind))

    @rule(
        name=NAMES,
        everything=st.booleans(),
        kind=st.sampled_from([EventKind.FREEZE, EventKind.UNFREEZE, EventKind.DISABLE, EventKind.ENABLE]),
    )
    def switch(self, name: str, kind: EventKind, *, everything: bool) -> None:
        if name in self.state.prompts:
            whole = everything and kind in (EventKind.FREEZE, EventKind.UNFREEZE)
            self.carry_out(plan_switch(self.state, () if whole else (name,), intent(), kind=kind))

    @precondition(lambda self: self.plans)
    @rule()
    def applying_again_changes_nothing(self) -> None:
        before = self.state
        assert apply(self.plans[-1], self.target, StillClock()).repeated
        assert self.state == before

    @invariant()
    def the_revision_rises_by_one(self) -> None:
        current = self.state.revision
        assert current in (self.revisions[-1], *range(self.revisions[-1] + 1, self.revisions[-1] + 4))
        self.revisions.append(current)

    @invariant()
    def nothing_held_is_served(self) -> None:
        for prompt in self.state.prompts.values():
            served = [prompt.stable, prompt.candidate.release if prompt.candidate else None]
            assert not any(ref and prompt.hold_of(ref.digest) for ref in served)

    @invariant()
    def the_log_adds_up_and_the_state_reads_back(self) -> None:
        state = self.state
        assert parse_state(state.data(), PRODUCTION) == state
        assert verify(self.target, PRODUCTION).problems == ()


TestEnvironment = Environment.TestCase
TestEnvironment.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


@pytest.fixture
def target(tmp_path: Path) -> SqliteTarget:
    return SqliteTarget(tmp_path / "releases.db")


def test_a_freeze_never_blocks_the_ways_back(target: SqliteTarget) -> None:
    publish(target, release(1))
    publish(target, release(2))
    apply(plan_switch(load_state(target, PRODUCTION), (), intent(), kind=EventKind.FREEZE), target, StillClock())
    with pytest.raises(RefusedError, match="frozen"):
        publish(target, release(3))
    apply(plan_rollback(load_state(target, PRODUCTION), NAME, target, intent()), target, StillClock())
    apply(plan_switch(load_state(target, PRODUCTION), (NAME,), intent(), kind=EventKind.DISABLE), target, StillClock())
    target.close()


def test_five_prompts_become_live_at_once(target: SqliteTarget) -> None:
    publish(target, *(release(1, name=f"prompt-{letter}") for letter in "abcde"))
    state = load_state(target, PRODUCTION)
    assert state.revision == 1
    assert len(state.prompts) == 5
    target.close()


def test_one_refused_prompt_refuses_all_of_the_step(target: SqliteTarget) -> None:
    publish(target, release(1, name="prompt-a"))
    publish(target, release(2, name="prompt-a"))
    apply(plan_rollback(load_state(target, PRODUCTION), "prompt-a", target, intent()), target, StillClock())
    with pytest.raises(RefusedError, match="held"):
        publish(target, release(2, name="prompt-a"), release(1, name="prompt-b"))
    assert "prompt-b" not in load_state(target, PRODUCTION).prompts
    target.close()


def test_what_is_yanked_stays_yanked(target: SqliteTarget) -> None:
    publish(target, release(1))
    publish(target, release(2))
    state = load_state(target, PRODUCTION)
    apply(plan_hold(state, NAME, 1, target, intent(), kind=EventKind.YANK), target, StillClock())
    state = load_state(target, PRODUCTION)
    with pytest.raises(RefusedError, match="yanked"):
        apply(plan_hold(state, NAME, 1, target, intent(), kind=EventKind.UNHOLD), target, StillClock())
    assert target.read_release(NAME, 1) is not None
    target.close()


def test_what_is_live_is_rolled_back_not_held(target: SqliteTarget) -> None:
    publish(target, release(1))
    state = load_state(target, PRODUCTION)
    with pytest.raises(RefusedError, match="is live"):
        apply(plan_hold(state, NAME, 1, target, intent(), kind=EventKind.HOLD), target, StillClock())
    target.close()


def test_an_event_for_another_state_is_stale() -> None:
    state = EnvironmentState(environment=PRODUCTION)
    plan = Plan(
        environment=PRODUCTION,
        revision=0,
        kind=EventKind.PUBLISH,
        intent=intent(),
        sentences=("publish",),
        changes=(Change(prompt_id=NAME, after=release(1).ref()),),
    )
    event = event_of(plan, state, at="2026-11-23T03:00:00Z")
    after = apply_event(state, event)
    assert after.revision == 1
    with pytest.raises(StaleRevisionError):
        apply_event(after, event)


def test_a_rollback_that_holds_nothing_is_refused() -> None:
    state = EnvironmentState(environment=PRODUCTION)
    refs = [release(version).ref() for version in (1, 2)]
    for before, after in ((None, refs[0]), (refs[0], refs[1])):
        change = Change(prompt_id=NAME, before=before, after=after)
        state = apply_event(state, event_of(_plan(EventKind.PUBLISH, change), state, at="2026-11-23T03:00:00Z"))
    back = Change(prompt_id=NAME, before=refs[1], after=refs[0])
    with pytest.raises(RefusedError, match="automation would bring it back"):
        apply_event(state, event_of(_plan(EventKind.ROLLBACK, back), state, at="2026-11-23T03:00:00Z"))
    held = (HeldContent(digest=refs[1].digest, version=2),)
    back = Change(prompt_id=NAME, before=refs[1], after=refs[0], contents=held)
    state = apply_event(state, event_of(_plan(EventKind.ROLLBACK, back), state, at="2026-11-23T03:00:00Z"))
    assert state.prompts[NAME].stable == refs[0]


def _plan(kind: EventKind, change: Change) -> Plan:
    return Plan(
        environment=PRODUCTION, revision=0, kind=kind, intent=intent(), sentences=("change",), changes=(change,)
    )


def test_a_version_in_the_state_keeps_its_meaning() -> None:
    state = EnvironmentState(environment=PRODUCTION)
    first, second, third = release(1).ref(), release(2).ref(), release(1, "another text").ref()
    for before, after in ((None, first), (first, second)):
        change = Change(prompt_id=NAME, before=before, after=after)
        state = apply_event(state, event_of(_plan(EventKind.PUBLISH, change), state, at="2026-11-23T03:00:00Z"))
    change = Change(prompt_id=NAME, before=second, after=third)
    with pytest.raises(RefusedError, match="names other content"):
        apply_event(state, event_of(_plan(EventKind.PUBLISH, change), state, at="2026-11-23T03:00:00Z"))
