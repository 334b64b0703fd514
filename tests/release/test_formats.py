"""Releases, states and events: the strict readers and the JSON Schemas say the same, and neither lets a lie through."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from release.samples import NAME, StillClock, intent, publish, publish_plan, release

from llmops_cli.core.canary import gets_candidate, murmur3_32
from llmops_cli.core.canonical_json import canonical_json, digest_of
from llmops_cli.core.environment_state import EnvironmentState, parse_state
from llmops_cli.core.release_events import Event, parse_event
from llmops_cli.core.releases import parse_release
from llmops_cli.core.strict_document import LARGEST_DOCUMENT, DocumentError, read_document
from llmops_cli.release.apply import apply
from llmops_cli.release.canary_plans import plan_start
from llmops_cli.release.flagd import flagd_document
from llmops_cli.release.reading import events_back, load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRODUCTION = "production"


def validator(kind: str) -> Draft202012Validator:
    schema = json.loads(files("llmops_cli.release").joinpath("schemas", f"{kind}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def lived(tmp_path: Path) -> tuple[EnvironmentState, list[Event]]:
    target = SqliteTarget(tmp_path / "releases.db")
    for version in (1, 2, 3):
        publish(target, release(version, variables=("email",)))
    apply(plan_rollback(load_state(target, PRODUCTION), NAME, target, intent("broken")), target, StillClock())
    apply(plan_start(load_state(target, PRODUCTION), release(4), 10, intent()), target, StillClock())
    state = load_state(target, PRODUCTION)
    events = list(events_back(target, state))
    target.close()
    return state, events


def test_the_schemas_accept_what_is_written(lived: tuple[EnvironmentState, list[Event]]) -> None:
    state, events = lived
    validator("environment-state").validate(json.loads(state.data()))
    validator("release").validate(json.loads(release(1, variables=("email",), rollback_to=1).data()))
    for event in events:
        validator("event").validate(json.loads(event.data()))


def test_every_form_reads_back_as_it_was(lived: tuple[EnvironmentState, list[Event]]) -> None:
    state, events = lived
    assert parse_state(state.data(), PRODUCTION) == state
    assert [parse_event(event.data()) for event in events] == events
    one = release(1, "é {{ email }} \u2028", variables=("email",))
    assert parse_release(one.data(), one.ref()).data() == one.data()


def lies() -> dict[str, Callable[[dict[str, Any]], object]]:
    return {
        "another text": lambda d: d["content"]["messages"][0].update(content="Obey me."),
        "another model": lambda d: d["content"]["model"].update(name="evil/model"),
        "another digest": lambda d: d.update(digest="sha256:" + "0" * 64),
        "an unknown field": lambda d: d.update(trusted=True),
        "an unknown field deep inside": lambda d: d["git"].update(trusted=True),
        "a missing field": lambda d: d.pop("git"),
        "a version of zero": lambda d: d.update(version=0),
        "a version that is a text": lambda d: d.update(version="1"),
        "a version that is true": lambda d: d.update(version=True),
        "a path as id": lambda d: d.update(id="../../etc/passwd"),
        "an id with a percent sign": lambda d: d.update(id="support%2freply"),
        "an id that ends like a version": lambda d: d.update(id="prompt-v3"),
        "a score beyond one": lambda d: d["eval"]["metrics"]["equals"].update(high=2),
        "a newer schema": lambda d: d.update(schema=2),
        "a time of another kind": lambda d: d["created"].update(at="yesterday"),
        "no messages": lambda d: d["content"].update(messages=[]),
        "an unknown role": lambda d: d["content"]["messages"][0].update(role="root"),
    }


@pytest.mark.parametrize("lie", lies())
def test_a_release_that_is_not_what_it_claims_is_refused(lie: str) -> None:
    document = json.loads(release(1).data())
    lies()[lie](document)
    with pytest.raises(DocumentError):
        parse_release(canonical_json(document))


def test_a_content_that_is_not_its_digest_is_named() -> None:
    document = json.loads(release(1).data())
    document["content"]["messages"][0].update(content="Obey me.")
    with pytest.raises(DocumentError, match="does not have the digest that the release claims"):
        parse_release(canonical_json(document))


@pytest.mark.parametrize("place", ["", "git", "eval"])
def test_an_unknown_field_is_named(place: str) -> None:
    document = json.loads(release(1).data())
    (document[place] if place else document).update(trusted=True)
    with pytest.raises(DocumentError, match=r"trusted.* is not a known field"):
        parse_release(canonical_json(document))


def test_a_release_is_held_to_the_reference_that_names_it() -> None:
    one, other = release(1), release(2)
    with pytest.raises(DocumentError, match="digest differs"):
        parse_release(other.data(), one.ref())
    with pytest.raises(DocumentError, match="canonical"):
        parse_release(json.dumps(one.as_json(), indent=1).encode())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "double"),
        (b'{"a": 9007199254740993}', "2\\*\\*53"),
        (b"[1]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", "deeper"),
        (b'{"a": ' + b"[" * 100_000, "not JSON|deeper"),
        (b" " * (LARGEST_DOCUMENT + 1), "more than"),
        (b"<html></html>", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_bytes_that_are_no_document_of_ours_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        read_document(data)


@given(place=st.integers(0, 10**6), flip=st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_no_flipped_byte_of_a_release_gets_through(place: int, flip: int) -> None:
    one = release(1)
    data = bytearray(one.data())
    data[place % len(data)] ^= flip
    with pytest.raises(DocumentError):
        parse_release(bytes(data), one.ref())


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_never_a_crash(data: bytes) -> None:
    for parse in (parse_release, parse_event, lambda given: parse_state(given, PRODUCTION)):
        with pytest.raises(DocumentError):
            parse(data)


@pytest.mark.parametrize(
    ("data", "seed", "value"),
    # the reference implementation's values, as MurmurHash3's users publish them
    [(b"", 0, 0), (b"", 1, 0x514E28B7), (b"test", 0, 0xBA6BD213), (b"Hello, world!", 0, 0xC0363E43),
     (b"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723)],
)  # fmt: skip
def test_murmur3_has_the_reference_values(data: bytes, seed: int, value: int) -> None:
    assert murmur3_32(data, seed) == value


def test_a_canary_is_sticky_fair_and_only_grows() -> None:
    keys = [f"user-{number}" for number in range(20_000)]
    chosen = {weight: {key for key in keys if gets_candidate("salt:", key, weight)} for weight in (0, 10, 25, 100)}
    assert chosen[0] == set()
    assert chosen[10] < chosen[25] < chosen[100] == set(keys)
    assert 0.09 < len(chosen[10]) / len(keys) < 0.11
    assert not gets_candidate("salt:", "", 99)


def test_flagd_gets_the_split_that_readers_compute(lived: tuple[EnvironmentState, list[Event]]) -> None:
    state, _ = lived
    releases = {item.ref(): item for item in (*(release(v, variables=("email",)) for v in (1, 2, 3)), release(4))}
    document: Any = flagd_document(state, lambda _, ref: releases.get(ref))
    flag = document["flags"][NAME]
    candidate = state.prompts[NAME].candidate
    assert candidate is not None
    assert flag["state"] == "ENABLED"
    assert flag["defaultVariant"] == "v2"
    assert set(flag["variants"]) == {"v2", "v4"}
    condition, split, otherwise = flag["targeting"]["if"]
    assert condition == {"var": "targetingKey"}
    assert otherwise == "v2"
    assert split["fractional"] == [{"cat": [candidate.salt, {"var": "targetingKey"}]}, ["v4", 10], ["v2", 90]]
    assert flag["variants"]["v4"]["digest"] == digest_of(release(4).prompt.content())


def test_a_publish_plan_says_what_it_does(tmp_path: Path) -> None:
    target = SqliteTarget(tmp_path / "releases.db")
    assert not publish_plan(target, release(1)).empty
    target.close()
