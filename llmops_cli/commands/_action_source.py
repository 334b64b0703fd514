"""Which commit of llmops a workflow can run: told by an option, or known from how this llmops was installed.

A workflow that names a commit nobody can fetch fails at its first run. So the answer is one of three: what the
person says, what the installation recorded (PEP 610, `direct_url.json`), or nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION = "llmops-cli"

_OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
_REPOSITORY = r"(?!\.{1,2}(?:$|@))[A-Za-z0-9._-]{1,100}"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION_TAG = re.compile(r"v?\d[A-Za-z0-9._+-]{0,100}")
_OPTION = re.compile(rf"(?P<repository>{_OWNER}/{_REPOSITORY})@(?P<reference>\S+)")
_GITHUB = re.compile(
    rf"(?:https?://(?:[^@/]*@)?|ssh://git@|git://|git@)github\.com[/:](?P<repository>{_OWNER}/{_REPOSITORY}?)(?:\.git)?/?",
    re.IGNORECASE,
)
_SHORT_COMMIT = re.compile(r"[0-9a-fA-F]{7,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSource:
    """A GitHub repository `OWNER/REPO`, and the commit or tag of it; `version` is the tag's name beside a commit."""

    repository: str
    reference: str
    version: str = ""

    @property
    def is_commit(self) -> bool:
        """Whether the reference is a full commit, which cannot be moved to other code."""
        return _COMMIT.fullmatch(self.reference) is not None

    @property
    def pinned(self) -> str:
        """The reference as YAML has it, with the version for the reader."""
        return f"{self.reference} # {self.version}" if self.version else self.reference


def parse_action(text: str) -> ActionSource:
    """Read `OWNER/REPO@REFERENCE`, whose reference is a full commit or a version tag.

    Raises:
        UsageError: for anything else: a branch, a shortened commit, a path, a place outside GitHub.
    """
    shown = f"'{shortened(safe_text(text, one_line=True), 100)}'"
    hint = "Write OWNER/REPO@SHA with all 40 digits of the commit: git rev-parse HEAD"
    match = _OPTION.fullmatch(text)
    if match is None:
        message = f"--action {shown} is not of the form OWNER/REPO@SHA."
        raise UsageError(message, hint=hint)
    repository, reference = match["repository"], match["reference"]
    if _COMMIT.fullmatch(reference.lower()):
        return ActionSource(repository=repository, reference=reference.lower())
    if _SHORT_COMMIT.fullmatch(reference):
        message = f"--action {shown} has a shortened commit, which GitHub does not take."
        raise UsageError(message, hint=hint)
    if not _VERSION_TAG.fullmatch(reference):
        message = f"--action {shown} names neither a full commit nor a version such as v1.2.0."
        raise UsageError(message, hint=hint)
    return ActionSource(repository=repository, reference=reference)


def installed_action(direct_url: str | None = None) -> ActionSource | None:
    """Return the commit that this llmops was installed from, or None where nothing tells one that GitHub has.

    `direct_url` is the text of the installation's `direct_url.json`; it is looked up when not given.
    """
    record = _record(_direct_url() if direct_url is None else direct_url)
    url = str(record.get("url", ""))
    git = record.get("vcs_info")
    if isinstance(git, dict):
        return _from_url(url, str(git.get("commit_id", "")), str(git.get("requested_revision", "")))
    folder = record.get("dir_info")
    if isinstance(folder, dict) and folder.get("editable") is True and url.startswith("file:"):
        return _from_folder(Path(unquote(urlsplit(url).path)))
    return None


def _from_url(url: str, commit: str, requested: str) -> ActionSource | None:
    match = _GITHUB.fullmatch(url.removeprefix("git+"))
    if match is None or not _COMMIT.fullmatch(commit):
        return None
    repository = match["repository"].removesuffix(".git")
    version = requested if _VERSION_TAG.fullmatch(requested) and not _SHORT_COMMIT.fullmatch(requested) else ""
    return ActionSource(repository=repository, reference=commit, version="" if requested == commit else version)


def _from_folder(folder: Path) -> ActionSource | None:
    """Look at the clone that an editable installation runs from: its commit counts when `origin` has it."""
    from llmops_cli.registry.git.origin import is_on_origin, origin_url  # noqa: PLC0415 - only for such a clone
    from llmops_cli.registry.git.repository import GitRepository  # noqa: PLC0415 - as above

    try:
        with GitRepository.open(folder) as repository:
            head, url = repository.head(), origin_url(repository)
            if head is None or url is None or repository.root != folder.resolve():
                return None
            return _from_url(url, head, "") if is_on_origin(repository, head) else None
    except SetupError:
        return None  # the folder is no clone of anything: a downloaded archive


def _direct_url() -> str:
    try:
        return distribution(DISTRIBUTION).read_text("direct_url.json") or ""
    except PackageNotFoundError:
        return ""


def _record(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
