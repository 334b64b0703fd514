from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.errors import InvalidFileError, RefusedError
from llmops_cli.core.findings import Position
from llmops_cli.registry.bump import BumpPlan, apply_bump, plan_bump
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.prompt_file import parse_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmops_cli.core.prompts import Prompt

FILE = b"""# version: 9 is not it
id: a
description: "version: 7"
version:   3   # keep me
model: {name: echo/x, extra: {version: 3}}
template: |
  version: 3 {{ x }}
variables: {x: {type: string}}
"""


def parse(data: bytes) -> tuple[Prompt, Position]:
    document = parse_yaml_document(data, "prompts/a.yaml")
    found = parse_prompt(document, {}).prompt
    assert found, document.findings
    return found, document.position_of("version")


def plan(data: bytes, base: bytes | None, versions: Mapping[int, str] | None = None) -> BumpPlan:
    prompt, place = parse(data)
    return plan_bump(prompt, data, place, base=parse(base)[0] if base else None, base_versions=versions or {})


def changed(data: bytes) -> bytes:
    return data.replace(b"{{ x }}", b"more {{ x }}")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_only_the_number_changes(tmp_path: Path, mark: bytes, line_end: bytes) -> None:
    data = mark + changed(FILE).replace(b"\n", line_end)
    file = tmp_path / "prompts" / "a.yaml"
    file.parent.mkdir()
    file.write_bytes(data)
    file.chmod(0o640)
    made = plan(data, FILE, {1: "x", 12: "y"})
    assert [step.sentence() for step in made.steps] == ["prompts/a.yaml: version 3 → 13 (a-v13)"]
    assert "highest version in the base's history is 12" in made.reason
    assert apply_bump(made, tmp_path) == ("prompts/a.yaml",)
    assert file.read_bytes() == data.replace(b"version:   3   #", b"version:   13   #")
    assert file.stat().st_mode & 0o777 == 0o640
    assert apply_bump(made, tmp_path) == ()
    assert [path.name for path in file.parent.iterdir()] == ["a.yaml"]
    assert plan(file.read_bytes(), FILE, {1: "x", 12: "y"}).steps == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"{id: a, version: 3, model: {name: echo/x}, template: hi}",
            b"{id: a, version: 4, model: {name: echo/x}, template: hi}",
        ),
        (
            b'id: a\n"version": 3\nmodel: {name: echo/x}\ntemplate: hi\n',
            b'id: a\n"version": 4\nmodel: {name: echo/x}\ntemplate: hi\n',
        ),
        (
            b"id: a\nversion:\n  3\nmodel: {name: echo/x}\ntemplate: hi\n",
            b"id: a\nversion:\n  4\nmodel: {name: echo/x}\ntemplate: hi\n",
        ),
        (
            "id: a\ndescription: é日\nversion: 3".encode() + b"\nmodel: {name: echo/x}\ntemplate: hi",
            "id: a\ndescription: é日\nversion: 4".encode() + b"\nmodel: {name: echo/x}\ntemplate: hi",
        ),
    ],
)
def test_the_number_is_found_however_it_is_written(tmp_path: Path, data: bytes, expected: bytes) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/a.yaml").write_bytes(data)
    apply_bump(plan(data, None, {3: "x"}), tmp_path)
    assert (tmp_path / "prompts/a.yaml").read_bytes() == expected


def test_nothing_changed_is_refused() -> None:
    with pytest.raises(RefusedError, match="exactly what the base says"):
        plan(b"# a comment\n" + FILE, FILE, {3: "x"})


def test_a_version_raised_without_a_change_goes_back() -> None:
    made = plan(FILE.replace(b"version:   3", b"version:   4"), FILE, {3: "x"})
    assert [(step.old_version, step.new_version) for step in made.steps] == [(4, 3)]


def test_a_new_prompt_starts_at_one_and_a_returning_one_goes_on() -> None:
    assert plan(FILE, None).steps[0].new_version == 1
    assert plan(FILE, None, {7: "x"}).steps[0].new_version == 8
    assert plan(FILE.replace(b"version:   3", b"version:   1"), None).steps == ()


def test_a_file_that_was_edited_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    file = tmp_path / "prompts/a.yaml"
    made = plan(changed(FILE), FILE, {3: "x"})
    for edited in (
        b"# new first line\n" + changed(FILE),
        b"",
        changed(FILE).replace(b"version:   3 ", b"version:   31 "),
    ):
        file.write_bytes(edited)
        with pytest.raises(RefusedError, match="edited in the meantime"):
            apply_bump(made, tmp_path)
        assert file.read_bytes() == edited


def test_a_place_without_the_number_is_an_error_of_the_file() -> None:
    prompt, _ = parse(changed(FILE))
    for place in (Position(1, 1), Position(99, 1), Position(4, 99)):
        with pytest.raises(InvalidFileError, match="not a plain number"):
            plan_bump(prompt, FILE, place, base=None, base_versions={3: "x"})


@given(st.integers(1, 10**9), st.integers(1, 10**9 - 1), st.sampled_from([b"\n", b"\r\n"]))
def test_the_bumped_file_reads_as_the_same_prompt_with_the_next_version(now: int, highest: int, end: bytes) -> None:
    data = FILE.replace(b"version:   3", b"version:   %d" % now).replace(b"\n", end)
    made = plan(data, None, {highest: "x"})
    for step in made.steps:
        data = data[: step.start] + b"%d" % step.new_version + data[step.start + len(step.old_text) :]
    prompt, _ = parse(data)
    assert prompt.version == highest + 1
    assert prompt.digest() == parse(FILE)[0].digest()
