"""A real repository to play with, made by the real git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GIT_DATE = "2026-01-02T03:04:05+02:00"


class Scratch:
    """A repository in a temporary folder; every commit is one day later than the one before."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.day = 1
        subprocess.run(["git", "init", "-q", "-b", "main", *options, str(root)], check=True)

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        date = f"2026-01-{self.day:02}T12:00:00+01:00" if self.day < 28 else GIT_DATE
        environment = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=environment, input=stdin, check=True, capture_output=True
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def commit(self, subject: str, files: dict[str, str | bytes | None] | None = None) -> str:
        """Write or (None) remove files, commit everything, and return the commit's id."""
        for path, text in (files or {}).items():
            if text is None:
                (self.root / path).unlink()
            else:
                self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        self.day += 1
        return self.git("rev-parse", "HEAD")

    def prompt(self, prompt_id: str, version: int, text: str = "Summarise: {{ email }}") -> str:
        """Return a prompt file with one message and the variable `email`."""
        body = "".join(f"      {line}\n" for line in text.split("\n"))
        model = "{name: openai/gpt-5-mini-2026-08-07, temperature: 0.2}"
        messages = f"messages:\n  - role: user\n    content: |-\n{body}"
        return f"id: {prompt_id}\nversion: {version}\nmodel: {model}\n{messages}variables:\n  email: {{type: string}}\n"


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")
