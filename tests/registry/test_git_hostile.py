"""Repositories that try to make us run something: a canary file must not appear."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import LlmopsError
from llmops_cli.registry.git.process import hardened_environment
from llmops_cli.registry.git.repository import GitRepository
from llmops_cli.registry.history.prompt_history import GitVersions, prompt_history
from llmops_cli.registry.project_file import ProjectSettings

if TYPE_CHECKING:
    from pathlib import Path

    from registry.conftest import Scratch

HOSTILE_SETTINGS = (
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.askPass",
    "core.gitProxy",
    "core.editor",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.hostile.textconv",
    "diff.hostile.command",
    "filter.hostile.clean",
    "filter.hostile.smudge",
    "filter.hostile.process",
    "credential.helper",
    "gpg.program",
    "gpg.ssh.program",
    "pager.log",
    "pager.rev-list",
    "uploadpack.packObjectsHook",
    "sequence.editor",
    "remote.origin.uploadpack",
    "remote.origin.vcs",
)

HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc")


@pytest.fixture
def canary(scratch: Scratch, tmp_path: Path) -> Path:
    """Arm the repository: every setting and hook that can name a program names one that leaves a file."""
    scratch.write(".gitattributes", "* diff=hostile filter=hostile\n")
    for version in (1, 2, 3):
        scratch.commit(
            f"v{version}", {"prompts/a.yaml": scratch.prompt("a", version, f"Say {version} {{{{ email }}}}")}
        )
    canary = tmp_path / "pwned"
    program = scratch.write(".git/evil", f'#!/bin/sh\necho "$0 $*" >> {canary}\n')
    program.chmod(0o755)
    for hook in HOOKS:
        scratch.write(f".git/hooks/{hook}", program.read_bytes()).chmod(0o755)
    lines = [f'[alias]\n rev-list = "!{program}"\n log = "!{program}"\n cat-file = "!{program}"']
    for setting in HOSTILE_SETTINGS:
        section, _, name = setting.rpartition(".")
        room, dot, sub = section.partition(".")
        header = f'[{room} "{sub}"]' if dot else f"[{room}]"
        lines.append(f"{header}\n {name} = {program}")
    lines.append("[log]\n showSignature = true\n[commit]\n gpgSign = true\n[diff]\n renameLimit = 0\n noprefix = true")
    lines.append(
        "[core]\n hooksPath = .git/hooks\n attributesFile = .gitattributes\n[fetch]\n recurseSubmodules = true"
    )
    included = scratch.write(".git/more", "\n".join(lines))
    scratch.write(".git/config", (scratch.root / ".git/config").read_text() + f"[include]\n path = {included}\n")
    return canary


def use_everything(root: Path) -> None:
    settings = ProjectSettings()
    with GitRepository.open(root) as repository:
        assert len(list(repository.log())) == 3
        assert len(list(repository.log(["prompts/a.yaml"]))) == 3
        tree = repository.tree_at("main")
        assert [tree.read(path) for path in tree.paths()]
        assert [change.path for change in repository.differences("main~1", "main")] == ["prompts/a.yaml"]
        assert repository.differences("main~1", "main", renames=True)
        assert repository.merge_base("main", "main~1") == repository.resolve("main~1")
        assert repository.is_ancestor("main~2", "main")
        assert repository.branch() == "main"
        assert [entry.prompt.version for entry in prompt_history(repository, "a", settings) if entry.prompt] == [
            3,
            2,
            1,
        ]
        assert set(GitVersions(repository, settings, "main").versions_of("a")) == {1, 2, 3}


def test_nothing_that_the_repository_configures_is_run(scratch: Scratch, canary: Path) -> None:
    use_everything(scratch.root)
    assert not canary.exists()
    subprocess.run(["git", "status"], cwd=scratch.root, check=False, capture_output=True)
    assert canary.exists(), "the trap itself must work"


def test_replaced_objects_do_not_change_what_is_read(scratch: Scratch) -> None:
    scratch.commit("one", {"a.txt": "true"})
    old = scratch.git("rev-parse", "HEAD:a.txt")
    fake = scratch.git("hash-object", "-w", "--stdin", stdin=b"false")
    scratch.git("replace", old, fake)
    assert scratch.git("cat-file", "blob", old) == "false"
    with GitRepository.open(scratch.root) as repository:
        assert repository.tree_at("HEAD").read("a.txt") == b"true"


@pytest.mark.parametrize("name", ["-x", "--output=pwned", "--exec-path=.", "-O.git/evil"])
def test_a_branch_named_like_an_option_stays_a_name(scratch: Scratch, name: str) -> None:
    commit = scratch.commit("one", {"a.txt": "1"})
    (scratch.root / f".git/refs/heads/{name}").parent.mkdir(parents=True, exist_ok=True)
    (scratch.root / f".git/refs/heads/{name}").write_text(f"{commit}\n")
    with GitRepository.open(scratch.root) as repository:
        with pytest.raises(LlmopsError, match="cannot be the name"):
            repository.resolve(name)
        assert len(list(repository.log())) == 1
    assert not (scratch.root / "pwned").exists()


def test_a_path_named_like_an_option_or_a_pattern_is_a_path(scratch: Scratch) -> None:
    files: dict[str, str | bytes | None] = {"--output=pwned": "1", ":(top)x": "1", "*": "1", "-a/b": "1"}
    scratch.commit("one", files)
    scratch.commit("two", {"other": "1"})
    with GitRepository.open(scratch.root) as repository:
        for path in files:
            assert [commit.subject for commit in repository.log([path])] == ["one"]
            assert repository.tree_at("HEAD").read(path) == b"1"
    assert not (scratch.root / "pwned").exists()


@pytest.mark.parametrize("worktree", [None, "/", "..", "/nowhere"])
def test_a_bare_repository_committed_as_a_folder_is_not_opened(
    scratch: Scratch, tmp_path: Path, worktree: str | None
) -> None:
    canary = tmp_path / "pwned"
    bare = scratch.root / "fixtures" / "inner"
    (bare / "objects").mkdir(parents=True)
    (bare / "refs").mkdir()
    (bare / "HEAD").write_text("ref: refs/heads/main\n")
    setting = f" worktree = {worktree}\n" if worktree else ""
    (bare / "config").write_text(f"[core]\n bare = false\n fsmonitor = touch {canary}\n{setting}")
    outer = scratch.commit("outer")
    if worktree:
        with pytest.raises(LlmopsError, match=r"Git repository|bare repository"):
            GitRepository.open(bare)
    else:
        with GitRepository.open(bare) as repository:
            assert repository.root == scratch.root
            assert repository.head() == outer
    assert not canary.exists()


def test_a_broken_configuration_is_an_error_with_a_place_and_not_a_crash(scratch: Scratch) -> None:
    scratch.commit("one")
    scratch.write(".git/config", "[core\n broken")
    with pytest.raises(LlmopsError) as caught:
        GitRepository.open(scratch.root)
    assert str(scratch.root) in str(caught.value)


def test_a_damaged_object_is_an_error_and_not_a_crash(scratch: Scratch) -> None:
    scratch.commit("one", {"a.txt": "1"})
    blob = scratch.git("rev-parse", "HEAD:a.txt")
    file = scratch.root / ".git/objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"garbage")
    with GitRepository.open(scratch.root) as repository:
        with pytest.raises(LlmopsError, match=r"git fsck|not in this clone"):
            repository.tree_at("HEAD").read("a.txt")
        assert repository.head()


def test_the_environment_of_children_keeps_the_users_and_overrides_the_repositorys() -> None:
    given = {
        "PATH": "/bin",
        "GIT_DIR": "x",
        "GIT_INDEX_FILE": "x",
        "GIT_EXTERNAL_DIFF": "x",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    made = hardened_environment(given)
    assert not {"GIT_DIR", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF"} & set(made)
    assert (made["GIT_CONFIG_KEY_0"], made["GIT_ALLOW_PROTOCOL"], made["GIT_NO_REPLACE_OBJECTS"]) == (
        "safe.directory",
        "",
        "1",
    )
    count = int(made["GIT_CONFIG_COUNT"])
    pairs = {made[f"GIT_CONFIG_KEY_{n}"]: made[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}
    assert pairs["core.fsmonitor"] == "false"
    assert hardened_environment({"GIT_CONFIG_COUNT": "no"})["GIT_CONFIG_COUNT"] == str(count - 1)
