from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import SetupError
from llmops_cli.registry.tree import UnreadableFileError
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, *names: str) -> None:
    for name in names:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name, encoding="utf-8")


def test_files_come_sorted_by_code_point_of_their_whole_path(tmp_path: Path) -> None:
    write(tmp_path, "a/b.txt", "a.txt", "a-b/c", "Z", "é", "a/B/c")
    found = list(WorkTree(tmp_path).paths())
    assert found == sorted(found)
    assert len(found) == 6


def test_a_folder_limits_the_walk_and_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, "prompts/a.yaml", "prompts2/b.yaml", "prompts/deep/c.yaml")
    tree = WorkTree(tmp_path)
    assert list(tree.paths("prompts")) == ["prompts/a.yaml", "prompts/deep/c.yaml"]
    assert list(tree.paths("prompts/")) == ["prompts/a.yaml", "prompts/deep/c.yaml"]
    assert list(tree.paths("gone")) == []
    assert list(tree.paths("prompts/a.yaml")) == []


def test_git_and_runs_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".git/config", ".llmops/runs/x", "sub/.git/config", ".github/workflows/x.yml")
    tree = WorkTree(tmp_path)
    assert list(tree.paths()) == [".github/workflows/x.yml"]
    with pytest.raises(FileNotFoundError):
        tree.read(".git/config")


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "prompts/../../secret", "a\\b", "", ".", "prompts", "a\0b", "gone"]
)
def test_what_is_no_file_of_the_tree_is_not_found(tmp_path: Path, path: str) -> None:
    write(tmp_path, "root/prompts/a.yaml", "secret")
    with pytest.raises(FileNotFoundError):
        WorkTree(tmp_path / "root").read(path)


def test_links_are_not_followed_by_walk_or_read(tmp_path: Path) -> None:
    write(tmp_path, "secret/key", "root/prompts/a.yaml")
    root = tmp_path / "root"
    (root / "prompts/link.yaml").symlink_to(tmp_path / "secret/key")
    (root / "folder").symlink_to(tmp_path / "secret")
    tree = WorkTree(root)
    assert list(tree.paths()) == ["prompts/a.yaml"]
    assert list(tree.paths("folder")) == []
    for path in ("prompts/link.yaml", "folder/key"):
        with pytest.raises(FileNotFoundError):
            tree.read(path)


def test_a_pipe_is_no_file_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        WorkTree(tmp_path).read("pipe")
    assert list(WorkTree(tmp_path).paths()) == []


def test_the_root_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    write(tmp_path, "root/a")
    (tmp_path / "here").symlink_to(tmp_path / "root")
    assert WorkTree(tmp_path / "here").read("a") == b"root/a"


def test_what_a_folder_holds_is_told_byte_by_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\n")
    tree = WorkTree(tmp_path)
    assert tree.holds("a.txt", b"one\r\n")
    assert not tree.holds("a.txt", b"one\n")
    assert not tree.holds("nowhere", b"")


def test_a_large_file_and_an_empty_one_are_read_whole(tmp_path: Path) -> None:
    tree = WorkTree(tmp_path)
    for data in (b"", b"x", b"0123456789" * 300_000):
        (tmp_path / "file").write_bytes(data)
        assert tree.read("file") == data


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"one")
    status = os.fstat

    def fstat_and_grow(handle: int) -> os.stat_result:
        before = status(handle)
        place.write_bytes(b"one and more")
        return before

    monkeypatch.setattr(os, "fstat", fstat_and_grow)
    assert WorkTree(tmp_path).read("file") == b"one and more"


def locked(monkeypatch: pytest.MonkeyPatch, name: str, place: Path) -> None:
    """Make one call fail for one place as the system does; a root user is refused nothing by permissions."""
    real = getattr(os, name)

    def refuse(path: str, *more: object) -> object:
        if str(path) == str(place):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *more)

    monkeypatch.setattr(os, name, refuse)


def test_a_locked_file_is_told_from_one_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.txt")
    (tmp_path / "link").symlink_to("a.txt")
    locked(monkeypatch, "open", tmp_path / "a.txt")
    tree = WorkTree(tmp_path)
    with pytest.raises(UnreadableFileError) as caught:
        tree.read("a.txt")
    assert caught.value.reason == "Permission denied"
    with pytest.raises(UnreadableFileError) as caught:
        tree.read("link")
    assert "symbolic link" in caught.value.reason
    with pytest.raises(FileNotFoundError) as missing:
        tree.read("nowhere")
    assert not isinstance(missing.value, UnreadableFileError)


@pytest.mark.parametrize(("call", "place"), [("scandir", "a/b"), ("lstat", "a/b"), ("scandir", "a/b/c")])
def test_a_locked_folder_is_an_error_and_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, place: str
) -> None:
    write(tmp_path, "a/b/c/d.txt")
    locked(monkeypatch, call, tmp_path / place)
    with pytest.raises(SetupError, match="cannot be read: Permission denied"):
        list(WorkTree(tmp_path).paths("a/b"))
