"""What the committed baselines say: the score of a prompt, and the run that a new one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.evals.baseline_file import LoadedBaseline
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.tree import FileTree


def baseline_path_of(settings: ProjectSettings, prompt_id: str) -> str:
    """Return where the prompt's baseline is committed."""
    from llmops_cli.evals.baseline import baseline_path  # noqa: PLC0415 - only when the command runs

    return baseline_path(prompt_id, f"{settings.paths.evals}/baselines")


def load_committed(tree: FileTree, settings: ProjectSettings, prompt_id: str) -> LoadedBaseline | None:
    """Return the baseline file of a prompt as read, None when there is none."""
    from llmops_cli.evals.baseline_file import load_baseline  # noqa: PLC0415 - only when the command runs

    path = baseline_path_of(settings, prompt_id)
    try:
        return load_baseline(tree.read(path), path)
    except FileNotFoundError:
        return None


def committed_score(tree: FileTree, settings: ProjectSettings, prompt: Prompt) -> float | None:
    """Return the score of exactly this content; None when the baseline measured another one, or there is none."""
    loaded = load_committed(tree, settings, prompt.id)
    if loaded is None or loaded.baseline is None:
        return None
    run = loaded.baseline.run
    return run.score if run.prompt_digest == prompt.digest() else None


def score_note(tree: FileTree, settings: ProjectSettings, prompt: Prompt) -> str:
    """Return what to know about the score: of how many cases, or why there is none."""
    loaded = load_committed(tree, settings, prompt.id)
    if loaded is None:
        return "(no baseline yet)"
    if loaded.baseline is None:
        return "(the baseline cannot be read)"
    run = loaded.baseline.run
    if run.prompt_digest != prompt.digest():
        return f"(the baseline is of v{run.prompt_version}, with other content)"
    return f"over {len(run.passed)} cases, on {run.model_asked}"
