"""A state that is read after another one: the same value, the same refusals, whatever was read before."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from llmops_cli.core import environment_state
from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.changed_part import changed_part
from llmops_cli.core.environment_state import EnvironmentState, Mark, PromptState, parse_state
from llmops_cli.core.releases import ReleaseRef
from llmops_cli.core.strict_document import DocumentError

NAMES = [f"prompt-{letter}" for letter in "abcdefgh"]
MARKS = st.builds(
    Mark,
    since=st.just("2026-11-23T03:00:00.000Z"),
    by=st.sampled_from(["Ada", "é"]),
    # texts that look like the places where the bytes are cut
    reason=st.sampled_from(["", '"prompts":{', '},"revision":', ",", "\u2028"]),
)
REFS = st.integers(1, 3).map(
    lambda version: ReleaseRef(version=version, digest=f"sha256:{version:064x}", record=f"sha256:{version + 16:064x}")
)
PROMPTS = st.builds(
    PromptState,
    stable=REFS,
    released=st.lists(REFS, max_size=2).map(tuple),
    frozen=st.none() | MARKS,
    disabled=st.booleans(),
    generation=st.integers(1, 2),
    mark=MARKS,
)
STATES = st.builds(
    EnvironmentState,
    environment=st.just("production"),
    revision=st.integers(1, 3),
    head=st.just("sha256:" + "a" * 64),
    prompts=st.dictionaries(st.sampled_from(NAMES), PROMPTS),
    frozen=st.none() | MARKS,
)


def read_fresh(data: bytes) -> EnvironmentState:
    environment_state._REMEMBERED.clear()
    return parse_state(data, "production")


@given(STATES, STATES)
@settings(deadline=None)
def test_what_was_read_before_changes_nothing(before: EnvironmentState, after: EnvironmentState) -> None:
    assert read_fresh(before.data()) == before
    assert parse_state(after.data(), "production") == after
    assert list(parse_state(after.data(), "production").prompts) == sorted(after.prompts)
    assert after.data() == canonical_json(after.as_json())


@given(STATES, st.sampled_from(NAMES), PROMPTS)
@settings(deadline=None)
def test_a_prompt_that_is_added_or_changed_is_found(before: EnvironmentState, name: str, prompt: PromptState) -> None:
    read_fresh(before.data())
    after = replace(before, revision=before.revision + 1, prompts={**before.prompts, name: prompt})
    assert parse_state(after.data(), "production") == after
    part = changed_part(after.data(), b'"prompts":{', b'},"revision":', before.members())
    assert part is not None
    assert part.first + part.last >= len(before.prompts) - 1, "one prompt changed, so the others are not read again"


@given(STATES, st.integers(0, 10**6), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_damage_is_refused_as_if_nothing_had_been_read(state: EnvironmentState, place: int, flip: int) -> None:
    damaged = bytearray(state.data())
    damaged[place % len(damaged)] ^= flip
    try:
        fresh: EnvironmentState | str = read_fresh(bytes(damaged))
    except DocumentError as error:
        fresh = str(error)
    read_fresh(state.data())
    try:
        again: EnvironmentState | str = parse_state(bytes(damaged), "production")
    except DocumentError as error:
        again = str(error)
    assert again == fresh


@pytest.mark.parametrize(
    ("old", "new"), [(b'"generation":1', b'"generation":true'), (b'"disabled":true', b'"disabled":1')]
)
def test_what_python_takes_for_equal_is_not_the_same_document(old: bytes, new: bytes) -> None:
    mark = Mark(since="2026-11-23T03:00:00.000Z", by="Ada")
    prompts = {name: PromptState(generation=1, disabled=True, mark=mark) for name in NAMES}
    state = EnvironmentState(environment="production", revision=1, head="sha256:" + "a" * 64, prompts=prompts)
    read_fresh(state.data())
    with pytest.raises(DocumentError):
        parse_state(state.data().replace(old, new, 1), "production")
