from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import InvalidFileError, SetupError, UsageError
from llmops_cli.registry.git.objects import GitObject, parse_commit
from llmops_cli.registry.git.repository import GitRepository

if TYPE_CHECKING:
    from registry.conftest import Scratch

BUNDLES = Path(__file__).parent / "data" / "histories"


def test_a_repository_opens_from_a_subfolder_and_from_a_file_in_it(scratch: Scratch) -> None:
    file = scratch.write("a/b/c.txt", "x")
    for start in (scratch.root, file.parent, file):
        with GitRepository.open(start) as repository:
            assert repository.root == scratch.root
            assert repository.common_dir == scratch.root / ".git"


def test_a_folder_outside_any_repository_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="git init"):
        GitRepository.open(tmp_path)


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare.git")], check=True)
    with pytest.raises(SetupError, match=r"this is a bare repository.*Clone it"):
        GitRepository.open(tmp_path / "bare.git")


def test_a_machine_without_git_says_to_install_it(scratch: Scratch, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Install it"):
        GitRepository.open(scratch.root, {"PATH": str(tmp_path)})


def test_an_unborn_branch_has_no_head_an_empty_log_and_a_next_step(scratch: Scratch) -> None:
    with GitRepository.open(scratch.root) as repository:
        assert repository.head() is None
        assert repository.branch() == "main"
        assert list(repository.log()) == []
        assert list(repository.log(["prompts"])) == []
        with pytest.raises(UsageError, match="git commit"):
            repository.resolve("HEAD")


def test_the_author_is_whom_git_would_name(scratch: Scratch) -> None:
    with GitRepository.open(scratch.root) as repository:
        assert repository.author() is None
        scratch.git("config", "user.name", "Grace Example")
        assert repository.author() == "Grace Example"


def test_references_resolve_to_full_ids(scratch: Scratch) -> None:
    first, second = scratch.commit("one"), scratch.commit("two")
    scratch.git("branch", "fix/#12,größer")
    scratch.git("tag", "-a", "v1.0", "-m", "annotated", first)
    with GitRepository.open(scratch.root) as repository:
        for name, expected in {
            "HEAD": second,
            "HEAD~1": first,
            "main^": first,
            "@~": first,
            "v1.0": first,
            "fix/#12,größer": second,
            second[:8]: second,
            second: second,
        }.items():
            assert repository.resolve(name) == expected


@pytest.mark.parametrize(
    "name",
    ["-x", "--output=/tmp/x", "main..dev", "HEAD:path", "@{1}", "+main", "^main", "a b", "main\n", "a*", "", "x" * 300],
)
def test_a_reference_that_is_an_option_a_range_or_a_refspec_is_refused(scratch: Scratch, name: str) -> None:
    scratch.commit("one")
    with GitRepository.open(scratch.root) as repository, pytest.raises(UsageError, match="cannot be the name"):
        repository.resolve(name)


def test_an_unknown_reference_says_how_to_fetch_it(scratch: Scratch) -> None:
    scratch.commit("one")
    with GitRepository.open(scratch.root) as repository:
        with pytest.raises(UsageError, match=r"git fetch origin release$"):
            repository.resolve("origin/release")
        with pytest.raises(UsageError, match="there is no revision"):
            repository.resolve("0" * 40)


def test_a_tree_at_a_revision_reads_files_and_nothing_else(scratch: Scratch) -> None:
    (scratch.root / "prompts").mkdir()
    (scratch.root / "prompts/link.yaml").symlink_to("/etc/passwd")
    first = scratch.commit("one", {"prompts/a.yaml": "id: a\n", "prompts/z/é.yaml": "id: z\n", "evals/a.yaml": "x\r\n"})
    scratch.commit("two", {"prompts/a.yaml": "id: b\n"})
    with GitRepository.open(scratch.root) as repository:
        for listed_first in (True, False):
            tree = repository.tree_at("HEAD~1")
            if listed_first:
                assert list(tree.paths()) == ["evals/a.yaml", "prompts/a.yaml", "prompts/z/é.yaml"]
                assert list(tree.paths("prompts/")) == ["prompts/a.yaml", "prompts/z/é.yaml"]
            assert tree.label == f"HEAD~1 ({first[:7]})"
            assert tree.read("prompts/a.yaml") == b"id: a\n"
            assert tree.read("evals/a.yaml") == b"x\r\n"
            for missing in (
                "prompts/link.yaml",
                "prompts",
                "prompts/z",
                "../x",
                "./evals/a.yaml",
                "",
                "x",
                "/etc/passwd",
            ):
                with pytest.raises(FileNotFoundError):
                    tree.read(missing)


def test_a_submodule_is_not_a_file_and_an_lfs_pointer_is_what_it_is(scratch: Scratch) -> None:
    commit = scratch.commit("one", {"data.jsonl": "version https://git-lfs.github.com/spec/v1\n"})
    scratch.git("update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    scratch.git("commit", "-q", "-m", "module")
    with GitRepository.open(scratch.root) as repository:
        tree = repository.tree_at("HEAD")
        assert list(tree.paths()) == ["data.jsonl"]
        assert tree.read("data.jsonl").startswith(b"version https://git-lfs")


def test_paths_of_any_bytes_do_no_harm(scratch: Scratch) -> None:
    scratch.commit("one")
    blob = scratch.git("hash-object", "-w", "--stdin", stdin=b"hello")
    listing = b"".join(
        b"100644 blob %s\t%s\0" % (blob.encode(), name) for name in (b"new\nline", b"\xff\xfe", b'tab\t"')
    )
    tree = scratch.git("mktree", "-z", stdin=listing)
    commit = scratch.git("commit-tree", tree, "-m", "names")
    with GitRepository.open(scratch.root) as repository:
        files = repository.tree_at(commit)
        assert [os.fsencode(path) for path in files.paths()] == [b"new\nline", b'tab\t"', b"\xff\xfe"]
        assert {files.read(path) for path in files.paths()} == {b"hello"}
        assert repository.tree_at(commit).read("new\nline") == b"hello"
        assert repository.tree_at(commit).read(os.fsdecode(b"\xff\xfe")) == b"hello"


def test_the_log_of_a_path_tells_who_when_and_why(scratch: Scratch) -> None:
    scratch.commit("one", {"a.txt": "1", "b.txt": "1"})
    scratch.commit("only b", {"b.txt": "2"})
    scratch.commit("Change a\nin two lines\n\nBody.", {"a.txt": "2"})
    with GitRepository.open(scratch.root) as repository:
        commits = list(repository.log(["a.txt"]))
        assert [commit.subject for commit in commits] == ["Change a in two lines", "one"]
        assert commits[0].author_name == "Ada Example"
        assert commits[0].author_email == "ada@example.org"
        assert commits[0].when == datetime(2026, 1, 3, 11, 0, tzinfo=UTC)
        assert commits[0].when.utcoffset() == timedelta(hours=1)
        assert len(list(repository.log())) == 3
        assert list(repository.log(["*.txt"])) == []


def test_a_file_too_large_to_be_a_prompt_is_refused_and_reading_goes_on(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmops_cli.registry.git.objects.MAX_OBJECT_BYTES", 1000)
    scratch.commit("one", {"large.yaml": "x" * 5000, "small.yaml": "x"})
    with GitRepository.open(scratch.root) as repository:
        tree = repository.tree_at("HEAD")
        with pytest.raises(InvalidFileError, match="5,000 bytes"):
            tree.read("large.yaml")
        assert tree.read("small.yaml") == b"x"


def test_an_interrupted_read_does_not_answer_the_next_one(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit("one", {"a.txt": "a", "b.txt": "b"})
    with GitRepository.open(scratch.root) as repository:
        tree = repository.tree_at("HEAD")
        blobs = [tree.blob_of(name) or "" for name in ("a.txt", "b.txt")]
        with monkeypatch.context() as patch:
            patch.setattr(GitObject, "__init__", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                repository.read_object(blobs[0])
        found = repository.read_object(blobs[1])
        assert found is not None
        assert found.data == b"b"


def test_merge_bases_and_ancestors(scratch: Scratch) -> None:
    base = scratch.commit("base", {"a": "1"})
    scratch.git("checkout", "-q", "-b", "side")
    scratch.commit("side", {"b": "1"})
    scratch.git("checkout", "-q", "main")
    scratch.commit("main", {"a": "2"})
    with GitRepository.open(scratch.root) as repository:
        assert repository.merge_base("main", "side") == base
        assert repository.is_ancestor(base, "side")
        assert not repository.is_ancestor("main", "side")
        assert repository.is_ancestor("main", "main")
        assert {change.path for change in repository.differences("side", "main")} == {"a", "b"}
    orphan = scratch.git("commit-tree", scratch.git("write-tree"), "-m", "orphan")
    with GitRepository.open(scratch.root) as repository:
        assert repository.merge_base("main", orphan) is None


def test_a_worktree_and_a_submodule_checkout_are_repositories(scratch: Scratch, tmp_path: Path) -> None:
    scratch.commit("one", {"a.txt": "1"})
    scratch.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "linked")
    with GitRepository.open(tmp_path / "linked") as repository:
        assert repository.root == tmp_path / "linked"
        assert repository.common_dir == scratch.root / ".git"
        assert repository.branch() == "linked"
        assert list(repository.tree_at("HEAD").paths()) == ["a.txt"]
    allowed = ("-c", "protocol.file.allow=always")
    scratch.git(*allowed, "submodule", "--quiet", "add", str(scratch.root), "module")
    with GitRepository.open(scratch.root / "module") as repository:
        assert repository.root == scratch.root / "module"
        assert list(repository.tree_at("HEAD").paths()) == ["a.txt"]


def test_inside_a_hook_the_repository_around_the_folder_is_meant(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch.commit("one", {"a.txt": "1", "sub/b.txt": "1"})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    monkeypatch.setenv("GIT_PREFIX", "sub/")
    with GitRepository.open(scratch.root / "sub") as repository:
        assert repository.root == scratch.root
        assert list(repository.tree_at("HEAD").paths()) == ["a.txt", "sub/b.txt"]


def test_a_git_directory_kept_elsewhere_is_found_through_git_dir(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = scratch.commit("one", {"a.txt": "1"})
    (scratch.root / ".git").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(scratch.root))
    with GitRepository.open(scratch.root) as repository:
        assert repository.root == scratch.root
        assert repository.head() == commit


def test_a_shallow_clone_says_what_is_missing_and_how_to_fetch_it(scratch: Scratch, tmp_path: Path) -> None:
    for number in range(4):
        scratch.commit(f"edit {number}", {"a.txt": str(number)})
    old = scratch.git("rev-parse", "HEAD~3")
    scratch.git("clone", "-q", "--depth=2", f"file://{scratch.root}", str(tmp_path / "shallow"))
    with GitRepository.open(tmp_path / "shallow") as repository:
        assert repository.is_shallow
        edge = repository.resolve("HEAD~1")
        assert repository.shallow_commits() == {edge}
        assert [commit.subject for commit in repository.log(["a.txt"])] == ["edit 3", "edit 2"]
        with pytest.raises(UsageError, match="git fetch --unshallow"):
            repository.resolve(old)
        with pytest.raises(UsageError, match="git fetch --depth=50 origin release"):
            repository.resolve("release")
    orphan = subprocess.run(
        ["git", "commit-tree", "HEAD^{tree}", "-m", "x"], cwd=tmp_path / "shallow", check=True, capture_output=True
    )
    with GitRepository.open(tmp_path / "shallow") as repository, pytest.raises(SetupError, match="--unshallow"):
        repository.merge_base("HEAD", orphan.stdout.decode().strip())


def test_a_partial_clone_fetches_nothing_by_itself(scratch: Scratch, tmp_path: Path) -> None:
    scratch.commit("one", {"a.txt": "1"})
    scratch.commit("two", {"a.txt": "2"})
    scratch.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    scratch.git("clone", "-q", "--filter=blob:none", f"file://{scratch.root}", str(clone))
    with GitRepository.open(clone) as repository:
        assert repository.tree_at("HEAD").read("a.txt") == b"2"
        with pytest.raises(SetupError, match=r"git fetch --refetch|git fsck"):
            repository.tree_at("HEAD~1").read("a.txt")
        assert repository.tree_at("HEAD").read("a.txt") == b"2"


def test_sha256_repositories_work(tmp_path: Path, scratch: Scratch) -> None:
    other = type(scratch)(tmp_path / "sha256", "--object-format=sha256")
    commit = other.commit("one", {"prompts/a.yaml": "x"})
    assert len(commit) == 64
    with GitRepository.open(other.root) as repository:
        assert repository.resolve("main") == commit
        assert repository.tree_at("main").read("prompts/a.yaml") == b"x"
        assert [found.hex for found in repository.log(["prompts"])] == [commit]


def test_another_users_repository_shows_gits_own_advice(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit("one")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SetupError, match=r"git config --global --add safe\.directory") as caught:
        GitRepository.open(scratch.root)
    assert str(scratch.root) in str(caught.value)


def test_a_trusted_repository_of_another_user_opens(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit("one")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(scratch.root))
    with GitRepository.open(scratch.root) as repository:
        assert repository.head()


def test_commits_with_odd_bytes_are_still_readable() -> None:
    head = b"tree 1\nauthor J\xf6rg <> 99999999999999999999 +9999\nencoding latin-1\n\n"
    commit = parse_commit(GitObject("ab", "commit", head + b"Gr\xfc\xdfe\n"))
    assert (commit.author_name, commit.author_email, commit.subject) == ("Jörg", "", "Grüße")
    assert commit.when == datetime(1970, 1, 1, tzinfo=UTC)
    for data in (
        b"",
        b"author",
        b"author <x\n\n",
        b"encoding \xff\nauthor \xff <\xff> 1 +0130\n\n\xff",
        b"encoding utf-16\n\na",
    ):
        parse_commit(GitObject("ab", "commit", data))


@pytest.mark.parametrize("bundle", ["smolagents", "ddns"])
def test_real_histories_read_as_git_itself_reads_them(bundle: str, tmp_path: Path) -> None:
    clone = tmp_path / bundle
    subprocess.run(["git", "clone", "-q", "-b", "main", str(BUNDLES / f"{bundle}.bundle"), str(clone)], check=True)

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=clone, check=True, capture_output=True).stdout

    with GitRepository.open(clone) as repository:
        commits = list(repository.log())
        expected = git("log", "--format=%H%x00%an%x00%ae%x00%at%x00%s").decode().splitlines()
        ours = [(c.hex, c.author_name, c.author_email, str(int(c.when.timestamp())), c.subject) for c in commits]
        assert ours == [tuple(line.split("\0")) for line in expected]
        for commit in commits:
            tree = repository.tree_at(commit.hex)
            paths = list(tree.paths())
            assert "".join(f"{path}\0" for path in paths).encode() == git("ls-tree", "-rz", "--name-only", commit.hex)
            for path in paths:
                assert tree.read(path) == git("show", f"{commit.hex}:{path}")


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)], ids=["sha1", "sha256"])
def test_what_a_revision_holds_is_told_by_ids_without_reading_a_file(
    tmp_path: Path, scratch: Scratch, options: tuple[str, ...]
) -> None:
    other = type(scratch)(tmp_path / "other", *options)
    (other.root / "link").symlink_to("a.txt")
    other.commit("one", {"a.txt": "one\n", "sub/ü.txt": "zwei\r\n", "empty": ""})
    with GitRepository.open(other.root) as repository:
        tree = repository.tree_at("HEAD")
        names = dict.fromkeys(tree.paths())
        for blob in (tree.blob_of(name) for name in names):
            (other.root / ".git/objects" / str(blob)[:2] / str(blob)[2:]).unlink()  # nothing could be read
        assert tree.holds("a.txt", b"one\n")
        assert tree.holds("sub/ü.txt", b"zwei\r\n")
        assert tree.holds("empty", b"")
        assert not tree.holds("a.txt", b"one")
        assert not tree.holds("a.txt", b"")
        assert not tree.holds("link", b"a.txt"), "a symbolic link is no file"
        assert not tree.holds("sub", b"")
        assert not tree.holds("nowhere", b"")


@pytest.mark.parametrize("worktree", ["/", "/nowhere", "../../elsewhere"])
def test_a_git_directory_whose_work_tree_is_elsewhere_is_not_opened(
    scratch: Scratch, tmp_path: Path, worktree: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    scratch.commit("one", {"a.txt": "1"})
    scratch.git("config", "core.worktree", worktree)
    with pytest.raises(SetupError, match=r"Git repository|bare"):
        GitRepository.open(scratch.root)


def test_a_repository_that_is_reached_through_a_link_is_opened(scratch: Scratch, tmp_path: Path) -> None:
    commit = scratch.commit("one", {"sub/a.txt": "1"})
    (tmp_path / "by-link").symlink_to(scratch.root)
    with GitRepository.open(tmp_path / "by-link" / "sub") as repository:
        assert repository.head() == commit
        assert repository.root == scratch.root


def test_an_ordinary_repository_is_opened_without_loading_gitpython(scratch: Scratch) -> None:
    scratch.commit("one")
    program = (
        "import sys; from pathlib import Path\n"
        "from llmops_cli.registry.git.repository import GitRepository\n"
        f"print(GitRepository.open(Path({str(scratch.root)!r})).head(), 'git' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [scratch.git("rev-parse", "HEAD"), "False"]
