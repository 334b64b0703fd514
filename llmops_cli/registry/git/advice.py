"""What to do next when Git cannot give what was asked: the errors, each with the exact command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.registry.git.process import GitCommandError

DEEPEN = "git fetch --unshallow"


def no_repository(folder: Path) -> SetupError:
    """Nothing around `folder` is a Git repository, or what is there is none that git takes."""
    where = safe_text(str(folder), one_line=True)
    if any(os.path.lexists(place / ".git") for place in (folder, *folder.parents)):
        message = "there is a .git here, but no Git repository that git would open."
        return SetupError(message, where=where, hint="Look at it, and at its permissions: git status")
    return SetupError("this folder is not in a Git repository.", where=where, hint="Start one with: git init")


def bare_repository(folder: Path) -> SetupError:
    """A repository without a work tree: there are no files to check or to change."""
    message = "this is a bare repository, which has no files to work on."
    return SetupError(
        message, where=safe_text(str(folder), one_line=True), hint="Clone it, and run llmops in the clone."
    )


def why_not_opened(error: GitCommandError, folder: Path) -> SetupError:
    """Git refused to open what GitPython had found; pass on git's own advice and never follow it ourselves."""
    where = safe_text(str(folder), one_line=True)
    if "dubious ownership" in error.said or "unsafe repository" in error.said:
        advice = [line.strip() for line in error.said.splitlines() if line.strip().startswith("git config")]
        message = "git does not trust this repository: it belongs to another user."
        command = safe_text(advice[0], one_line=True) if advice else "git config --global --add safe.directory '*'"
        return SetupError(message, where=where, hint=f"If you do trust it: {command}")
    if "must be run in a work tree" in error.said:
        return bare_repository(folder)
    if "not a git repository" in error.said:
        return no_repository(folder)
    return error.as_setup_error(where)


def unknown_revision(reference: str, *, unborn: bool, shallow: bool) -> UsageError:
    """Nothing in this clone is called `reference`."""
    if unborn and reference == "HEAD":
        hint = "Commit first: git add -A && git commit"
        return UsageError("the repository has no commit yet.", hint=hint)
    message = f"there is no revision '{reference}' in this clone."
    remote, slash, branch = reference.partition("/")
    fetched = f"{remote} {branch}" if slash and remote in {"origin", "upstream"} else f"origin {reference}"
    if any(mark in reference for mark in "~^@"):
        fetched = "origin"
    if shallow:
        hint = f"This clone is shallow. Fetch what is missing: {DEEPEN} (or: git fetch --depth=50 {fetched})"
        return UsageError(message, hint=hint)
    return UsageError(message, hint=f"List them with git branch -a and git tag, or fetch it: git fetch {fetched}")


def history_too_short(one: str, other: str) -> SetupError:
    """The common ancestor may lie beyond the edge of a shallow clone."""
    message = f"'{one}' and '{other}' have no common ancestor in this clone, which is shallow."
    return SetupError(message, hint=f"Fetch the rest of the history: {DEEPEN} (in actions/checkout: fetch-depth: 0)")


def missing_object(commit_id: str, *, shallow: bool) -> SetupError:
    """A commit that should be here is not."""
    message = f"the commit {commit_id[:10]} is not in this clone."
    hint = f"Fetch the rest of the history: {DEEPEN}" if shallow else "Check the repository: git fsck"
    return SetupError(message, hint=hint)
