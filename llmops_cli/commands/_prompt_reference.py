"""`<prompt>` on the command line: `id`, `id-v3`, or `id@<revision>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.prompts import Prompt

_REFERENCE = re.compile(r"(?P<id>[^@]+?)(?:-v(?P<version>[0-9]{1,9}))?(?:@(?P<revision>.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReference:
    """What a person wrote: an id, and maybe a version and a Git revision."""

    id: str
    version: int | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPrompt:
    """A prompt with where it was found: `work tree`, `v3.0 (1a2b3c4)`."""

    prompt: Prompt
    label: str
    revision: str | None = None


def parse_reference(text: str) -> PromptReference:
    """Return the parts of a reference.

    Raises:
        UsageError: when there is no id in it.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        message = f"'{safe_text(text, one_line=True)}' names no prompt."
        raise UsageError(message, hint="Write ID, ID-v3 or ID@REVISION.")
    version = match["version"]
    return PromptReference(
        id=match["id"], version=None if version is None else int(version), revision=match["revision"]
    )


def find_prompt(workspace: Workspace, text: str) -> FoundPrompt:
    """Return the prompt that `text` names: from the work tree, a revision, or the history of its versions.

    Raises:
        UsageError: when there is none.
        InvalidFileError: when its file has errors.
        SetupError: when Git is needed and is not there.
    """
    reference = parse_reference(text)
    if reference.revision is not None:
        catalog = workspace.catalog_at(reference.revision)
        found = FoundPrompt(prompt=catalog.prompt(reference.id), label=catalog.tree.label, revision=reference.revision)
    else:
        known = reference.version is None or workspace.catalog.path_of(reference.id) is not None
        if known:
            found = FoundPrompt(prompt=workspace.catalog.prompt(reference.id), label=workspace.tree.label)
            if reference.version in (None, found.prompt.version):
                return found
        return _from_history(workspace, reference)
    if reference.version not in (None, found.prompt.version):
        message = f"'{reference.id}' is version {found.prompt.version} at {found.label}."
        raise UsageError(message, hint=f"Its versions: llmops log {reference.id}")
    return found


def _from_history(workspace: Workspace, reference: PromptReference) -> FoundPrompt:
    from llmops_cli.registry.history.prompt_history import prompt_history  # noqa: PLC0415 - only when the command runs

    for entry in prompt_history(workspace.repository, reference.id, workspace.settings):
        if entry.prompt is not None and entry.prompt.version == reference.version:
            return FoundPrompt(prompt=entry.prompt, label=f"commit {entry.commit.short}", revision=entry.commit.hex)
    message = f"there is no version {reference.version} of '{safe_text(reference.id, one_line=True)}' in the history."
    raise UsageError(message, hint=f"Its versions: llmops log {reference.id}")
