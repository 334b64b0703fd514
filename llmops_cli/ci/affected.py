"""Which prompts a change reaches, and through which files: the dependency graph, walked only where it may matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.dependencies import Dependency, dependencies_of, may_depend
from llmops_cli.ci.file_changes import PROJECT_PATH, FileChange
from llmops_cli.ci.recorded_answers import edited_recordings, recordings_path
from llmops_cli.ci.settings_reach import settings_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.sides import Sides
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.registry.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a prompt is affected: `path` is what changed and how, `through` the way to it, the prompt's file first.

    `part` names the part of the file where only that part reaches the prompt (`providers.openai`).
    """

    path: str
    change: FileChange
    through: tuple[str, ...]
    part: str = ""

    def sentence(self) -> str:
        """Say the way in one line."""
        part = f" ({self.part})" if self.part else ""
        return f"{self.change.value}: {' → '.join(self.through)}{part}"

    def as_json(self) -> JsonObject:
        """Return the reason for machines."""
        return {"change": self.change.value, "part": self.part, "path": self.path, "through": list(self.through)}


def affected(sides: Sides) -> Mapping[str, tuple[Reason, ...]]:
    """Return the affected prompts, by id, each with at least one reason; a prompt that was removed is one of them."""
    if not sides.files:
        return {}
    recordings = edited_recordings(sides)
    found = {prompt_id: _reasons(sides, prompt_id, recordings) for prompt_id in sides.prompt_ids()}
    return {prompt_id: reasons for prompt_id, reasons in found.items() if reasons}


def reasons_for(sides: Sides, prompt_id: str) -> tuple[Reason, ...]:
    """Return why one prompt is affected; empty when it is not."""
    return _reasons(sides, prompt_id, edited_recordings(sides))


def _reasons(sides: Sides, prompt_id: str, recordings: frozenset[str]) -> tuple[Reason, ...]:
    through: dict[str, Dependency] = {}
    for catalog in (sides.base, sides.head):
        if may_depend(catalog, prompt_id, sides.files):
            # the head's way wins where both sides have one
            through |= {dependency.path: dependency for dependency in dependencies_of(catalog, prompt_id)}
        if recordings:
            through |= _recorded(catalog, prompt_id, recordings)
    reasons = [
        Reason(path=path, change=change, through=through[path].through)
        for path, change in sides.files.items()
        if path in through
    ]
    if PROJECT_PATH in sides.files:
        origin = sides.head.path_of(prompt_id) or sides.base.path_of(prompt_id) or prompt_id
        reasons += [
            Reason(path=PROJECT_PATH, change=sides.files[PROJECT_PATH], through=(origin, PROJECT_PATH), part=part)
            for part in settings_reasons(sides.base, sides.head, prompt_id)
        ]
    return tuple(reasons)


def _recorded(catalog: Catalog, prompt_id: str, recordings: frozenset[str]) -> dict[str, Dependency]:
    path = catalog.path_of(prompt_id)
    prompt = catalog.load_path(path).prompt if path else None
    if path is None or prompt is None:
        return {}
    answers = recordings_path(catalog, prompt.model.name)
    return {answers: Dependency(answers, (path, answers))} if answers in recordings else {}
