from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.registry.git.repository import GitRepository
from llmops_cli.registry.history.prompt_history import GitVersions, HistoryEntry, prompt_history, versions_in
from llmops_cli.registry.project_file import ProjectPaths, ProjectSettings

if TYPE_CHECKING:
    from registry.conftest import Scratch

BUNDLES = Path(__file__).parent / "data" / "histories"
SETTINGS = ProjectSettings()


def history(scratch: Scratch, prompt_id: str = "a", reference: str = "HEAD") -> list[HistoryEntry]:
    with GitRepository.open(scratch.root) as repository:
        return list(prompt_history(repository, prompt_id, SETTINGS, reference))


def subjects(entries: list[HistoryEntry]) -> list[str]:
    return [entry.commit.subject for entry in entries]


def versions(scratch: Scratch, prompt_id: str = "a") -> dict[int, str]:
    """Return the versions as both ways of asking find them: one walk, and one walk for all."""
    with GitRepository.open(scratch.root) as repository:
        alone = dict(versions_in(repository, prompt_id, SETTINGS))
        together = GitVersions(repository, SETTINGS, "HEAD")
        assert together.versions_of(prompt_id) == alone
        assert together.versions_of(prompt_id) == alone
    return alone


def test_history_is_newest_first_and_leaves_out_what_is_not_the_prompts(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1), "prompts/b.yaml": scratch.prompt("b", 1)})
    scratch.commit("other", {"prompts/b.yaml": scratch.prompt("b", 2, "x {{ email }}")})
    scratch.commit("comment", {"prompts/a.yaml": "# why\n" + scratch.prompt("a", 1)})
    scratch.commit("two", {"prompts/a.yaml": scratch.prompt("a", 2, "In one line: {{ email }}")})
    entries = history(scratch)
    assert subjects(entries) == ["two", "comment", "one"]
    assert [entry.prompt.version for entry in entries if entry.prompt] == [2, 1, 1]
    assert entries[1].digest == entries[2].digest != entries[0].digest
    assert {entry.path for entry in entries} == {"prompts/a.yaml"}
    assert versions(scratch) == {2: entries[0].digest, 1: entries[1].digest}
    assert subjects(history(scratch, "a", "HEAD~1")) == ["comment", "one"]


def test_nothing_is_the_history_of_an_unborn_branch_or_an_unknown_id(scratch: Scratch) -> None:
    assert history(scratch) == []
    assert versions_in(GitRepository.open(scratch.root), "a", SETTINGS) == {}
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    for unknown in ("b", "", "../a", "*", "a\n", "prompts/a", "-a"):
        assert history(scratch, unknown) == []


def test_a_revision_that_does_not_parse_is_shown_and_the_history_goes_on(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    scratch.commit("broken", {"prompts/a.yaml": "id: [a\n"})
    scratch.commit("bytes", {"prompts/a.yaml": b"\xff\xfe\x00"})
    scratch.commit("fixed", {"prompts/a.yaml": scratch.prompt("a", 2, "x {{ email }}")})
    entries = history(scratch)
    assert subjects(entries) == ["fixed", "bytes", "broken", "one"]
    assert [entry.prompt is None for entry in entries] == [False, True, True, False]
    assert all(any(finding.is_error for finding in entry.findings) for entry in entries[1:3])
    assert set(versions(scratch)) == {1, 2}


def test_a_deleted_prompt_keeps_its_history_and_its_versions(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 4)})
    scratch.commit("gone", {"prompts/a.yaml": None})
    assert subjects(history(scratch)) == ["gone", "one"]
    scratch.commit("again", {"prompts/a.yaml": scratch.prompt("a", 5, "new {{ email }}")})
    entries = history(scratch)
    assert subjects(entries) == ["again", "gone", "one"]
    assert [entry.deleted for entry in entries] == [False, True, False]
    assert set(versions(scratch)) == {4, 5}


def test_a_prompt_deleted_from_a_folder_that_is_gone_is_still_found(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/team/a.yml": scratch.prompt("a", 1)})
    scratch.commit("gone", {"prompts/team/a.yml": None, "README": "x"})
    assert subjects(history(scratch)) == ["gone", "one"]
    assert set(versions(scratch)) == {1}


def test_a_move_to_another_folder_is_the_same_prompt(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    moved_and_rewritten = "# all new\n" + scratch.prompt("a", 2, "Nothing of the old text: {{ email }}\n" * 5)
    scratch.commit("move", {"prompts/a.yaml": None, "prompts/team/a.yaml": moved_and_rewritten})
    scratch.commit("edit", {"prompts/team/a.yaml": scratch.prompt("a", 3, "x {{ email }}")})
    scratch.commit("back", {"prompts/team/a.yaml": None, "prompts/a.yaml": scratch.prompt("a", 3, "x {{ email }}")})
    entries = history(scratch)
    assert subjects(entries) == ["back", "edit", "move", "one"]
    assert [entry.renamed_from for entry in entries] == ["prompts/team/a.yaml", None, "prompts/a.yaml", None]
    assert [entry.path for entry in entries[:3]] == ["prompts/a.yaml", "prompts/team/a.yaml", "prompts/team/a.yaml"]
    assert set(versions(scratch)) == {1, 2, 3}


def test_a_renamed_prompt_is_followed_but_versions_belong_to_an_id(scratch: Scratch) -> None:
    text = "A text that is long enough to be recognised when it moves: {{ email }}\nSecond line.\nThird line."
    scratch.commit("zero", {"library/old.yaml": scratch.prompt("old", 1, text)})
    scratch.commit("one", {"library/old.yaml": None, "prompts/old.yaml": scratch.prompt("old", 2, text)})
    scratch.commit("rename", {"prompts/old.yaml": None, "prompts/new.yaml": scratch.prompt("new", 2, text)})
    scratch.commit("edit", {"prompts/new.yaml": scratch.prompt("new", 3, "x {{ email }}")})
    entries = history(scratch, "new")
    assert subjects(entries) == ["edit", "rename", "one", "zero"]
    assert [entry.renamed_from for entry in entries] == [None, "prompts/old.yaml", "library/old.yaml", None]
    assert [entry.prompt.id for entry in entries if entry.prompt] == ["new", "new", "old", "old"]
    assert set(versions(scratch, "new")) == {2, 3}
    assert subjects(history(scratch, "old")) == ["rename", "one", "zero"]


def test_a_commit_that_changed_only_a_partial_counts_when_it_changed_the_prompt(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1), "prompts/_partials/tone.md": "Be kind.\n"})
    scratch.commit("not yet", {"prompts/_partials/tone.md": "Be brief.\n"})
    with_partial = scratch.prompt("a", 2, '{% include "tone" %} {{ email }}')
    scratch.commit("include", {"prompts/a.yaml": with_partial, "prompts/_partials/other.md": "x\n"})
    scratch.commit("partial", {"prompts/_partials/tone.md": "Be polite.\n"})
    scratch.commit("unrelated", {"prompts/_partials/other.md": "y\n"})
    scratch.commit(
        "nested", {"prompts/_partials/tone.md": 'Be polite.{% include "deep" %}\n', "prompts/_partials/deep.md": "1\n"}
    )
    scratch.commit("deep", {"prompts/_partials/deep.md": "2\n"})
    scratch.commit("leave", {"prompts/a.yaml": scratch.prompt("a", 3, "{{ email }}")})
    scratch.commit("no more", {"prompts/_partials/tone.md": "Whatever.\n"})
    entries = history(scratch)
    assert subjects(entries) == ["leave", "deep", "nested", "partial", "include", "one"]
    assert [entry.changed_partials for entry in entries[1:4]] == [("deep",), ("deep", "tone"), ("tone",)]
    assert len({entry.digest for entry in entries}) == 6
    assert versions(scratch) == {3: entries[0].digest, 2: entries[1].digest, 1: entries[5].digest}


def test_a_version_that_lived_on_the_losing_side_of_a_merge_is_not_forgotten(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    scratch.git("checkout", "-q", "-b", "side")
    scratch.commit("elsewhere", {"README": "x"})
    scratch.git("checkout", "-q", "main")
    scratch.commit("two", {"prompts/a.yaml": scratch.prompt("a", 2, "x {{ email }}")})
    scratch.commit("revert", {"prompts/a.yaml": scratch.prompt("a", 1)})
    scratch.git("checkout", "-q", "side")
    scratch.git("merge", "-q", "--no-ff", "-m", "merge", "main")
    assert scratch.git("log", "--format=%s", "--", "prompts/a.yaml") == "one"
    assert subjects(history(scratch)) == ["revert", "two", "one"]
    assert set(versions(scratch)) == {1, 2}


def test_a_merge_is_listed_only_where_it_wrote_something_itself(scratch: Scratch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    scratch.git("checkout", "-q", "-b", "side")
    scratch.commit("side", {"prompts/a.yaml": scratch.prompt("a", 2, "side {{ email }}")})
    scratch.git("checkout", "-q", "main")
    scratch.commit("main", {"prompts/a.yaml": scratch.prompt("a", 2, "main {{ email }}")})
    scratch.git("merge", "-q", "-s", "ours", "--no-commit", "side")
    scratch.commit("both", {"prompts/a.yaml": scratch.prompt("a", 3, "both {{ email }}")})
    scratch.git("checkout", "-q", "-b", "clean", "HEAD~1")
    scratch.commit("readme", {"README": "x"})
    scratch.git("merge", "-q", "--no-ff", "-m", "plain merge", "main")
    entries = history(scratch)
    assert subjects(entries) == ["both", "main", "side", "one"]
    assert set(versions(scratch)) == {1, 2, 3}


def test_versions_that_nobody_looks_at_cost_no_walk(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit("one", {"prompts/a.yaml": scratch.prompt("a", 1)})
    with GitRepository.open(scratch.root) as repository:
        versions = GitVersions(repository, SETTINGS, "HEAD")
        with monkeypatch.context() as patch:
            patch.setattr(GitRepository, "changes", lambda *_: pytest.fail("walked"))
            answers = [versions.versions_of("a") for _ in range(3)]
        assert [dict(answer) for answer in answers] == [dict(answers[0])] * 3
        assert answers[0].keys() == {1}


def test_the_edge_of_a_shallow_clone_is_marked(scratch: Scratch, tmp_path: Path) -> None:
    for version in (1, 2, 3):
        scratch.commit(f"v{version}", {"prompts/a.yaml": scratch.prompt("a", version, f"{version} {{{{ email }}}}")})
    scratch.git("clone", "-q", "--depth=2", f"file://{scratch.root}", str(tmp_path / "shallow"))
    with GitRepository.open(tmp_path / "shallow") as repository:
        entries = list(prompt_history(repository, "a", SETTINGS))
        assert GitVersions(repository, SETTINGS, "HEAD").cut_off
    assert [(entry.commit.subject, entry.cut_off) for entry in entries] == [("v3", False), ("v2", True)]


def test_thousands_of_commits_are_one_walk(scratch: Scratch) -> None:
    stream = []
    for number in range(3000):
        text = scratch.prompt("a" if number % 1000 == 0 else f"p{number % 50}", 1 + number, f"{number} {{{{ email }}}}")
        path = f"prompts/{text.split(chr(10), 1)[0].removeprefix('id: ')}.yaml"
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@b> {1_700_000_000 + number} +0000\ndata 1\nx\n"
            f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"
        )
    scratch.git("fast-import", "--quiet", stdin="".join(stream).encode())
    assert [entry.prompt.version for entry in history(scratch) if entry.prompt] == [2001, 1001, 1]
    assert set(versions(scratch)) == {1, 1001, 2001}


@pytest.mark.parametrize("prompt_id", ["code_agent", "toolcalling_agent", "structured_code_agent"])
def test_a_real_history_in_another_format_is_walked_to_its_beginning(prompt_id: str, tmp_path: Path) -> None:
    clone = tmp_path / "smolagents"
    subprocess.run(["git", "clone", "-q", "-b", "main", str(BUNDLES / "smolagents.bundle"), str(clone)], check=True)
    path = f"src/smolagents/prompts/{prompt_id}.yaml"
    log = ["git", "log", "--format=%H", "--", path]
    expected = subprocess.run(log, cwd=clone, check=True, capture_output=True, text=True).stdout.split()
    settings = ProjectSettings(paths=ProjectPaths(prompts="src/smolagents/prompts"))
    with GitRepository.open(clone) as repository:
        entries = list(prompt_history(repository, prompt_id, settings))
        own = [entry for entry in entries if entry.path == path]
        assert [entry.commit.hex for entry in own] == expected
        assert all(entry.prompt is None and entry.findings for entry in entries if not entry.deleted)
        assert versions_in(repository, prompt_id, settings) == {}
