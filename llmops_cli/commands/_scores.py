"""The score that a committed baseline holds for a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.tree import FileTree


def committed_score(tree: FileTree, settings: ProjectSettings, prompt: Prompt) -> float | None:
    return None


def score_note(tree: FileTree, settings: ProjectSettings, prompt: Prompt) -> str:
    return ""
