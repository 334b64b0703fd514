"""One commit on a branch of its own, made without touching the work tree, the index or HEAD."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.registry.git.process import GitCommandError, GitProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.registry.git.repository import GitRepository


def commit_file_on_branch(  # noqa: PLR0913 - what a commit consists of
    repository: GitRepository,
    branch: str,
    *,
    parent: str,
    path: str,
    data: bytes,
    message: str,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Make the branch `branch` with one commit above `parent` that changes one file; return the commit's id.

    Raises:
        SetupError: the branch is there already, git has no name for the author, or the repository is read-only.
    """
    environment = os.environ if environment is None else environment
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder, "content")
        content.write_bytes(data)
        process = GitProcess(repository.root, environment, {"GIT_INDEX_FILE": str(Path(folder, "index"))})
        try:
            blob = _answer(process, "hash-object", "-w", "--no-filters", "--", str(content))
            process.run("read-tree", parent)
            process.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
            tree = _answer(process, "write-tree")
            commit = _answer(process, "commit-tree", tree, "-p", parent, "-m", message)
            process.run("update-ref", f"refs/heads/{branch}", commit, "0" * len(commit))
        except GitCommandError as error:
            raise error.as_setup_error(str(repository.root)) from None
    return commit


def _answer(process: GitProcess, *arguments: str) -> str:
    _, answer = process.run(*arguments)
    return answer.decode("ascii").strip()
