"""Where the baseline of a prompt is committed; known without loading what reads baselines."""

from __future__ import annotations

FOLDER = "evals/baselines"


def baseline_path(prompt_id: str, folder: str = FOLDER) -> str:
    """Return the repository path of a prompt's baseline; one file each, so that branches do not collide."""
    return f"{folder}/{prompt_id}.json"
