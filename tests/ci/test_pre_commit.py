"""The hook of .pre-commit-hooks.yaml, run by the real pre-commit in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from ci.gate_world import GateWorld

SOURCE = Path(__file__).parents[2]
HOOKS = SOURCE / ".pre-commit-hooks.yaml"


def run(world: GateWorld, *arguments: str) -> subprocess.CompletedProcess[str]:
    # the hook's `llmops` is the one of this environment
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=world.root,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path, "PRE_COMMIT_HOME": str(world.root.parent / "pre-commit")},
    )


def hook_repository(folder: Path) -> str:
    """Make a repository that offers the hook, without a package to install: `llmops` is here already."""
    folder.mkdir()
    shutil.copy(HOOKS, folder)
    text = HOOKS.read_text(encoding="utf-8").replace("language: python", "language: system")
    (folder / HOOKS.name).write_text(text, encoding="utf-8")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Hooks"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_commit_with_a_broken_prompt_is_stopped_and_a_good_one_is_not(world: GateWorld, tmp_path: Path) -> None:
    revision = hook_repository(tmp_path / "hooks")
    entry = {"repo": str(tmp_path / "hooks"), "rev": revision, "hooks": [{"id": "llmops-validate"}]}
    world.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [entry]}))
    world.git("add", "-A")

    good = run(world, "run", "--all-files")
    world.edit("prompts/repeat.yaml", "type: string", "type: strnig")
    world.git("add", "-A")
    bad = run(world, "run", "--all-files")

    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode == 1
    assert "prompts/repeat.yaml:" in bad.stdout
    assert "strnig" in bad.stdout


def test_files_of_others_do_not_start_the_hook(world: GateWorld, tmp_path: Path) -> None:
    revision = hook_repository(tmp_path / "hooks")
    entry = {"repo": str(tmp_path / "hooks"), "rev": revision, "hooks": [{"id": "llmops-validate"}]}
    world.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [entry]}))
    world.write("README.md", "Hello.\n")
    world.git("add", "-A")

    outcome = run(world, "run", "--files", "README.md")

    assert outcome.returncode == 0
    assert "(no files to check)" in outcome.stdout


def test_the_hooks_file_is_what_pre_commit_accepts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
