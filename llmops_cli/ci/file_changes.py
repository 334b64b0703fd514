"""Which files of the registry differ between the base and the head, found without reading what is the same."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmops_cli.registry.git.revision_tree import RevisionTree
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.tree import FileTree

PROJECT_PATH = "llmops.yaml"
GITHUB = ".github"
CHECK_FILES = (
    ".buildkite/pipeline.yml",
    ".circleci/config.yml",
    ".gitlab-ci.yml",
    ".gitlab/CODEOWNERS",
    "CODEOWNERS",
    "Jenkinsfile",
    "action.yaml",
    "action.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "docs/CODEOWNERS",
    PROJECT_PATH,
)
"""Files outside the registry's folders that decide how prompts are checked; with everything below `.github`."""

PIN_FILES = (
    "constraints.txt",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
)
"""Files that may say which version of this program runs the check."""

LOCK_FILES = ("pdm.lock", "poetry.lock", "uv.lock")
"""Files that say which version of every package is installed, in TOML, a table `[[package]]` for each."""

SHA256_DIGITS = 64

_LOCAL_ACTION = re.compile(rb"""uses:\s*['"]?\./([\w./-]+)""")

COMPILED = "__pycache__"


class FileChange(StrEnum):
    """How a file differs."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Trees:
    """Both sides of a change: the base commit's files and the head's, which may be the work tree."""

    base: RevisionTree
    head: FileTree


def file_changes(
    trees: Trees, *settings: ProjectSettings, code: frozenset[str] = frozenset()
) -> Mapping[str, FileChange]:
    """Return the files that differ below the folders that any of `settings` names, and those that guard the check.

    `code` are folders and modules of installed parts that lie in the repository; they guard the check too.
    A file of the work tree whose only difference is CRLF for LF has not changed: Git may have put it there.
    """
    folders = {GITHUB, *(f for s in settings for f in (s.paths.prompts, s.paths.evals))}
    before = {path: trees.base.blob_of(path) for path in _paths(trees.base, folders, code)}
    after = set(_paths(trees.head, folders, code))
    found = dict.fromkeys(before.keys() - after, FileChange.REMOVED)
    found |= dict.fromkeys(after - before.keys(), FileChange.ADDED)
    for path in after & before.keys():
        if _differs(trees, path, before[path] or ""):
            found[path] = FileChange.CHANGED
    return dict(sorted(found.items()))


def _paths(tree: FileTree, folders: Iterable[str], code: frozenset[str]) -> Iterator[str]:
    for folder in sorted(folders):
        yield from tree.paths(folder)
    for folder in sorted(code):
        # Python writes compiled files while it runs; Git does not know them
        yield from (path for path in tree.paths(folder) if COMPILED not in path.split("/"))
    for path in dict.fromkeys((*CHECK_FILES, *PIN_FILES, *LOCK_FILES, *_local_actions(tree), *sorted(code))):
        if _is_file(tree, path):
            yield path


def _local_actions(tree: FileTree) -> Iterator[str]:
    """Return the files of the repository's own actions that its workflows use (`uses: ./tools/check`)."""
    for path in tree.paths(f"{GITHUB}/workflows"):
        for folder in _LOCAL_ACTION.findall(tree.read(path)):
            name = folder.decode("utf-8", "replace").strip("/")
            yield from (f"{name}/{file}" for file in ("action.yml", "action.yaml"))


def _is_file(tree: FileTree, path: str) -> bool:
    try:
        tree.read(path)
    except FileNotFoundError:
        return False
    return True


def _differs(trees: Trees, path: str, blob: str) -> bool:
    head_blob = getattr(trees.head, "blob_of", None)
    if head_blob is not None:
        return bool(head_blob(path) != blob)
    data = trees.head.read(path)
    if _blob_id(data, blob) == blob:
        return False
    return data.replace(b"\r\n", b"\n") != trees.base.read(path).replace(b"\r\n", b"\n")


def _blob_id(data: bytes, like: str) -> str:
    """Return the id that Git gives to these bytes, in the hash of the repository that `like` comes from."""
    head = b"blob %d\0" % len(data)
    if len(like) == SHA256_DIGITS:
        return hashlib.sha256(head + data).hexdigest()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
