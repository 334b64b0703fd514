"""What `llmops init` writes for GitHub: only what can run, from the commit that is known."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from commands.llmops import llmops
from commands.world import git

from llmops_cli.commands._action_source import ActionSource, installed_action, parse_action
from llmops_cli.commands._scaffold_files import WORKFLOW_PATH, workflow
from llmops_cli.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guide/github-action.md"
SHA = "0123456789abcdef0123456789abcdef01234567"
HOOKS = ".pre-commit-config.yaml"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Return how to say what the installation recorded about where it came from (PEP 610)."""

    class Distribution:
        def __init__(self, text: str | None) -> None:
            self.text = text

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return self.text

    def say(record: object) -> None:
        text = None if record is None else json.dumps(record)
        monkeypatch.setattr("llmops_cli.commands._action_source.distribution", lambda _: Distribution(text))

    say(None)
    return say


def from_git(url: str, *, commit: str = SHA, requested: str = "") -> dict[str, object]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": requested}}


def test_the_guide_shows_what_init_writes() -> None:
    action = ActionSource(repository="llmops-cli/llmops", reference="1" * 40, version="v0.1.0")
    assert f"```yaml\n{workflow(action)}```" in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/acme/llmops", "acme/llmops"),
        ("https://github.com/acme/llmops.git", "acme/llmops"),
        ("https://x-access-token:secret@github.com/acme/llmops.git", "acme/llmops"),
        ("ssh://git@github.com/acme/llm.ops.git", "acme/llm.ops"),
        ("git@github.com:acme/llmops.git", "acme/llmops"),
        ("https://GitHub.com/Acme/llmops/", "Acme/llmops"),
        ("https://gitlab.com/acme/llmops", None),
        ("https://github.com.evil.org/acme/llmops", None),
        ("https://github.com/acme", None),
        ("https://github.com/acme/..", None),
        ("https://github.com/acme/llmops/tree/main", None),
        ("file:///home/ada/llmops", None),
        ("", None),
    ],
)
def test_an_installation_from_github_is_known_by_its_commit(url: str, repository: str | None) -> None:
    found = installed_action(json.dumps(from_git(url)))
    assert found == (ActionSource(repository=repository, reference=SHA) if repository else None)


def test_the_version_that_was_asked_for_stands_beside_its_commit() -> None:
    found = installed_action(json.dumps(from_git("https://github.com/acme/llmops", requested="v0.1.0")))
    assert found is not None
    assert found.pinned == f"{SHA} # v0.1.0"
    for other in ("main", SHA, SHA[:10], ""):
        found = installed_action(json.dumps(from_git("https://github.com/acme/llmops", requested=other)))
        assert found is not None
        assert found.pinned == SHA


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps({"url": "https://files.example.org/llmops.whl", "archive_info": {}}),
        json.dumps({"url": "file:///nowhere/llmops", "dir_info": {"editable": True}}),
        json.dumps({"url": "file:///tmp", "dir_info": {}}),
        json.dumps(from_git("https://github.com/acme/llmops", commit="main")),
    ],
)
def test_an_installation_that_tells_no_commit_is_unknown(text: str) -> None:
    assert installed_action(text) is None


def test_this_installation_can_be_asked() -> None:
    assert importlib.metadata.distribution("llmops-cli").version
    found = installed_action()
    assert found is None or found.is_commit


def test_an_editable_clone_counts_when_its_commit_is_on_github(tmp_path: Path) -> None:
    clone = tmp_path / "a clone"
    clone.mkdir()
    git(clone, "init", "-q", "-b", "main")
    git(clone, "commit", "-q", "--allow-empty", "-m", "one")
    record = json.dumps({"url": clone.as_uri(), "dir_info": {"editable": True}})
    assert installed_action(record) is None, "no origin"

    git(clone, "remote", "add", "origin", "git@github.com:acme/llmops.git")
    assert installed_action(record) is None, "not pushed"

    pushed = git(clone, "rev-parse", "HEAD")
    git(clone, "update-ref", "refs/remotes/origin/main", pushed)
    assert installed_action(record) == ActionSource(repository="acme/llmops", reference=pushed)

    git(clone, "commit", "-q", "--allow-empty", "-m", "two")
    assert installed_action(record) is None, "the newer commit is on this machine only"

    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(clone, "remote", "set-url", "origin", "https://git.example.org/acme/llmops")
    assert installed_action(record) is None, "not on GitHub"


@pytest.mark.parametrize("text", [f"acme/llmops@{SHA}", f"acme/llmops@{SHA.upper()}", "acme/llm.ops-2@v1.2.0"])
def test_an_action_is_a_repository_and_a_commit_or_a_version(text: str) -> None:
    found = parse_action(text)
    assert f"{found.repository}@{found.reference}" == text.replace(SHA.upper(), SHA)
    assert found.is_commit == (SHA in text.lower())


@pytest.mark.parametrize(
    "text",
    [
        *("", "acme/llmops", "acme@v1", "acme/llmops@", "acme/llmops@main", f"acme/llmops@{SHA[:12]}", f"a/../b@{SHA}"),
        *(f"acme/llmops/sub@{SHA}", f"https://github.com/acme/llmops@{SHA}", f"acme/llmops@{SHA}\n", f"-a/b@{SHA}"),
        *(f"acme/..@{SHA}", "acme/llmops@v1 # x", "acme/llmops@${{ github.sha }}", f"a\x1b/b@{SHA}"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match=r"OWNER/REPO@SHA"):
        parse_action(text)


def test_the_files_of_a_known_llmops_are_clean_and_pinned(tmp_path: Path, installed: Callable[[object], None]) -> None:
    installed(from_git("https://github.com/acme/llmops", requested="v0.1.0"))
    git(tmp_path, "init", "-q", "-b", "main")
    outcome = llmops("init", "--example", folder=tmp_path)

    assert outcome.code == 0
    assert f"create  {WORKFLOW_PATH}" in outcome.out
    steps = yaml.safe_load((tmp_path / WORKFLOW_PATH).read_text())["jobs"]["gate"]["steps"]
    assert [step["uses"].partition("@")[0] for step in steps] == ["actions/checkout", "acme/llmops"]
    assert steps[-1]["uses"] == f"acme/llmops@{SHA}"
    (hook,) = yaml.safe_load((tmp_path / HOOKS).read_text())["repos"]
    assert hook == {"repo": "https://github.com/acme/llmops", "rev": SHA, "hooks": [{"id": "llmops-validate"}]}
    assert audit(tmp_path) == []
    assert llmops("validate", folder=tmp_path).code == 0
    assert is_accepted_by_pre_commit(tmp_path / HOOKS)

    again = llmops("init", folder=tmp_path)
    assert f"keep    {WORKFLOW_PATH}  (already there)" in again.out
    assert "create" not in again.out


def test_an_unknown_llmops_gets_no_workflow_and_one_line_that_says_what_to_pass(
    tmp_path: Path, installed: Callable[[object], None]
) -> None:
    installed(None)
    outcome = llmops("init", folder=tmp_path)

    assert outcome.code == 0
    assert not (tmp_path / ".github").exists()
    (line,) = (line for line in outcome.err.splitlines() if "workflow" in line)
    assert "llmops init --action OWNER/REPO@SHA" in line
    assert len(line) <= 80
    (hook,) = yaml.safe_load((tmp_path / HOOKS).read_text())["repos"]
    assert hook["repo"] == "local", "the llmops on the PATH needs no address"
    assert is_accepted_by_pre_commit(tmp_path / HOOKS)

    later = llmops("init", "--action", f"acme/llmops@{SHA}", folder=tmp_path)
    assert f"create  {WORKFLOW_PATH}" in later.out
    assert f"keep    {HOOKS}" in later.out
    assert audit(tmp_path) == []


def test_a_tag_is_written_with_a_warning(tmp_path: Path) -> None:
    outcome = llmops("init", "--action", "acme/llmops@v1.2.0", folder=tmp_path)
    assert outcome.code == 0
    assert "v1.2.0 is a tag, and tags can be moved" in outcome.err
    assert "acme/llmops@v1.2.0" in (tmp_path / WORKFLOW_PATH).read_text()


def test_a_wrong_action_writes_nothing(tmp_path: Path) -> None:
    outcome = llmops("init", "--action", "acme/llmops@main", folder=tmp_path)
    assert outcome.code == 2
    assert "OWNER/REPO@SHA" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_workflows_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    mine = tmp_path / WORKFLOW_PATH
    mine.parent.mkdir(parents=True)
    mine.write_text("name: mine\n")
    (tmp_path / HOOKS).write_text("repos: []\n")
    outcome = llmops("init", "--action", f"acme/llmops@{SHA}", folder=tmp_path)

    assert f"keep    {WORKFLOW_PATH}  (already there)" in outcome.out
    assert f"keep    {HOOKS}  (already there)" in outcome.out
    assert "a hook that fits" in outcome.err
    assert (mine.read_text(), (tmp_path / HOOKS).read_text()) == ("name: mine\n", "repos: []\n")


def test_a_workflow_of_another_name_that_runs_the_action_is_enough(tmp_path: Path) -> None:
    mine = tmp_path / ".github/workflows/gate.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text(f"jobs: {{gate: {{steps: [{{uses: Acme/llmops@{SHA}}}]}}}}\n")
    outcome = llmops("init", "--action", f"acme/llmops@{SHA}", folder=tmp_path)

    assert outcome.code == 0
    assert ".github/workflows/gate.yaml uses acme/llmops already" in outcome.err
    assert not (tmp_path / WORKFLOW_PATH).exists()


def audit(folder: Path) -> list[str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--persona=pedantic", "--format=json", folder],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip(), done.stderr
    return [finding["ident"] for finding in json.loads(done.stdout)]


def is_accepted_by_pre_commit(path: Path) -> bool:
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
