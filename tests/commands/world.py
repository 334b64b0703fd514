"""A small real repository: the example of `llmops init`, in Git, with a second version."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from commands.llmops import llmops

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "prompts/echo-greeting.yaml"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def edit(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")


def example(folder: Path, *, commit: bool = True) -> Path:
    """Make `folder` a registry with the example prompt at version 1, committed."""
    folder.mkdir(exist_ok=True)
    if commit:
        git(folder, "init", "-q", "-b", "main")
    assert llmops("init", "--example", "-q", folder=folder).code == 0
    if commit:
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "A first prompt")
    return folder


def two_versions(folder: Path) -> Path:
    """Commit a second version that says the same more politely."""
    example(folder)
    edit(folder, PROMPT, "Repeat the greeting", "Politely repeat the greeting")
    edit(folder, PROMPT, "version: 1", "version: 2")
    git(folder, "commit", "-q", "-am", "Be polite")
    return folder
