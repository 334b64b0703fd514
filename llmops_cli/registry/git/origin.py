"""Where a repository was cloned from, and whether a commit of it is there too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from llmops_cli.registry.git.process import GitProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.registry.git.repository import GitRepository

REMOTE = "origin"


def origin_url(repository: GitRepository, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the address of `origin` as the configuration has it, or None without one."""
    process = GitProcess(repository.root, os.environ if environment is None else environment)
    code, url = process.run("config", "--get", f"remote.{REMOTE}.url", accept=(0, 1))
    return url.decode("utf-8", "replace").strip() or None if code == 0 else None


def is_on_origin(repository: GitRepository, commit: str, environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether a branch of `origin`, as this clone last saw it, contains the commit with that full id."""
    process = GitProcess(repository.root, os.environ if environment is None else environment)
    branches = f"refs/remotes/{REMOTE}"
    _, found = process.run("for-each-ref", "--count=1", f"--contains={commit}", "--format=%(refname)", branches)
    return bool(found.strip())
