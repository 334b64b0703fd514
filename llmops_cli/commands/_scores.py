"""What the committed baselines say: the score of a prompt, and the run that a new one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.evals.baselines.baseline_file import LoadedBaseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.tree import FileTree


def baseline_path_of(settings: ProjectSettings, prompt_id: str) -> str:
    """Return where the prompt's baseline is committed."""
    from llmops_cli.evals.baselines.baseline_path import baseline_path  # noqa: PLC0415 - only when the command runs

    return baseline_path(prompt_id, f"{settings.paths.evals}/baselines")


def load_committed(tree: FileTree, settings: ProjectSettings, prompt_id: str) -> LoadedBaseline | None:
    """Return the baseline file of a prompt as read, None when there is none."""
    path = baseline_path_of(settings, prompt_id)
    try:
        data = tree.read(path)
    except FileNotFoundError:
        return None
    from llmops_cli.evals.baselines.baseline_file import load_baseline  # noqa: PLC0415 - only where there is one

    return load_baseline(data, path)


def committed_score(tree: FileTree, settings: ProjectSettings, prompt: Prompt) -> float | None:
    """Return the score of exactly this content; None when the baseline measured another one, or there is none."""
    loaded = load_committed(tree, settings, prompt.id)
    if loaded is None or loaded.baseline is None:
        return None
    run = loaded.baseline.run
    return run.score if run.prompt_digest == prompt.digest() else None


def scores_by_digest(
    repository: GitRepository, settings: ProjectSettings, prompt_id: str, reference: str
) -> Mapping[str, float]:
    """Return content digest → score, over all baselines of a prompt in the history of `reference`; the newest wins.

    A baseline is accepted after its prompt was committed, so the commit of the prompt does not hold its score.
    Where there is no baseline now, history is not walked for one.
    """
    path = baseline_path_of(settings, prompt_id)
    found: dict[str, float] = {}
    if repository.read_object(f"{repository.resolve(reference)}:{path}") is None:
        return found
    for change in repository.changes([path], reference):
        for blob in (file.new_blob for file in change.files if file.new_blob):
            run = _recorded_run(repository, blob, path)
            if run is not None and run.score is not None:
                found.setdefault(run.prompt_digest, run.score)
    return found


def _recorded_run(repository: GitRepository, blob: str, path: str) -> MeasuredRun | None:
    from llmops_cli.core.errors import InvalidFileError  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.baselines.baseline_file import load_baseline  # noqa: PLC0415 - only when the command runs

    try:
        content = repository.read_object(blob)
    except InvalidFileError:  # larger than any file of ours
        return None
    baseline = load_baseline(content.data, path).baseline if content else None
    return baseline.run if baseline else None


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
