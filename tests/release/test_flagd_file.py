"""The flagd file of a folder: whatever it is put together from, it is what reading every release would give."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from release.samples import NAME, StillClock, intent, publish, release

from llmops_cli.core.canonical_json import canonical_json, canonical_json_of_texts
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.release_events import EventKind
from llmops_cli.release.apply import apply
from llmops_cli.release.canary_plans import plan_abort, plan_start
from llmops_cli.release.flagd import flagd_document
from llmops_cli.release.flagd_file import flagd_file
from llmops_cli.release.reading import load_release, load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.switches import plan_switch
from llmops_cli.release.targets.file import FileTarget

if TYPE_CHECKING:
    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.releases import Release, ReleaseRef

PRODUCTION = "production"
NAMES = ("first-prompt", "second-prompt", "third-prompt")
TEXTS = st.text(alphabet=st.sampled_from('a{}"\\,\n\u2028é😀'), max_size=12)


def flagd_path(folder: Path) -> Path:
    return folder / "environments" / PRODUCTION / "flagd.json"


def whole(target: FileTarget, state: EnvironmentState) -> bytes:
    def load(name: str, ref: ReleaseRef) -> Release:
        return load_release(target, name, ref)

    return flagd_file(state, load)


def move(target: FileTarget, kind: str, name: str, version: int, text: str) -> None:
    state = load_state(target, PRODUCTION)
    if kind == "publish":
        publish(target, release(version, text, name=name))
    elif kind == "canary":
        apply(plan_start(state, release(version, text, name=name), 10, intent()), target, StillClock())
    elif kind == "abort":
        apply(plan_abort(state, name, intent()), target, StillClock())
    elif kind == "rollback":
        apply(plan_rollback(state, name, target, intent()), target, StillClock())
    else:
        apply(plan_switch(state, [name], intent(), kind=EventKind(kind)), target, StillClock())


MOVES = st.tuples(
    st.sampled_from(["publish", "publish", "canary", "abort", "rollback", "disable", "enable", "freeze"]),
    st.sampled_from(NAMES),
    st.integers(1, 9),
    TEXTS,
)


@given(st.lists(MOVES, min_size=4, max_size=14), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_file_that_grew_step_by_step_is_the_one_made_at_once(
    moves: list[tuple[str, str, int, str]], damage: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(FileTarget(Path(folder))) as target:
        publish(target, *(release(1, name=name) for name in NAMES))
        for number, (kind, name, version, text) in enumerate(moves):
            path = flagd_path(Path(folder))
            if damage and number % 4 == damage:
                # whatever happens to the file between two steps, the next step leaves a right one
                path.write_bytes(path.read_bytes().replace(b"Summarise", b"Disregard")[: -damage or None])
            before = load_state(target, PRODUCTION)
            try:
                move(target, kind, name, version, text)
            except LlmopsError:
                continue
            state = load_state(target, PRODUCTION)
            assert state.revision == before.revision + 1
            assert path.read_bytes() == whole(target, state)
            assert state.data() == canonical_json(state.as_json()), "put together from parts, and canonical"


def test_the_file_is_the_configuration_that_the_service_gives(tmp_path: Path) -> None:
    with closing(FileTarget(tmp_path)) as target:
        publish(target, release(1), release(1, name="other"))
        state = load_state(target, PRODUCTION)
        document = json.loads(flagd_path(tmp_path).read_bytes())
        checksum = document["metadata"].pop("checksum")
        assert checksum.startswith("sha256:")
        assert document == flagd_document(state, lambda name, ref: load_release(target, name, ref))
        assert len(flagd_path(tmp_path).read_text("utf-8").splitlines()) == 4, "one flag a line, for whoever diffs"


def test_a_step_reads_the_releases_of_the_prompts_that_it_changes(tmp_path: Path) -> None:
    with closing(FileTarget(tmp_path)) as target:
        publish(target, release(1), release(1, name="other"))
        before = load_state(target, PRODUCTION)
        earlier = flagd_path(tmp_path).read_bytes()
        publish(target, release(2))
        asked: list[str] = []

        def load(name: str, ref: ReleaseRef) -> Release:
            asked.append(name)
            return load_release(target, name, ref)

        after = load_state(target, PRODUCTION)
        assert flagd_file(after, load, before, earlier) == flagd_path(tmp_path).read_bytes()
        assert asked == [NAME]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
    )
)
def test_the_fast_encoder_writes_canonical_json(value: JsonValue) -> None:
    assert canonical_json_of_texts(value) == canonical_json(value)


@pytest.mark.parametrize("left", [b"", b'{"$schema"', None, b"older"])
def test_whatever_a_killed_writer_or_a_power_cut_left_is_mended_by_the_next_read(
    tmp_path: Path, left: bytes | None
) -> None:
    with closing(FileTarget(tmp_path)) as target:
        publish(target, release(1))
        path = flagd_path(tmp_path)
        older = path.read_bytes()
        publish(target, release(2))
        wanted, times = path.read_bytes(), path.stat()
        if left is None:
            path.unlink()
        else:
            path.write_bytes(older if left == b"older" else left)
            # file systems count time in ticks, so the file may look as new as the state, or newer
            os.utime(path, ns=(times.st_atime_ns + 10**9, times.st_mtime_ns + 10**9))
        assert load_state(target, PRODUCTION).revision == 2
        assert path.read_bytes() == wanted
        written = path.stat().st_ino
        load_state(target, PRODUCTION)
        assert path.stat().st_ino == written, "and then it is left alone"
