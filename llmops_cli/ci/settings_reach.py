"""Which parts of the project file reach a prompt: its provider, its model's alias, the judges of its suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.project_file import ProjectSettings


def settings_reasons(base: Catalog, head: Catalog, prompt_id: str) -> tuple[str, ...]:
    """Return the parts of `llmops.yaml` that differ and decide how this prompt is answered or judged.

    The policy of the gate is not among them: the base's decides, so the head's cannot change a verdict.
    """
    if base.settings == head.settings:
        return ()
    return tuple(dict.fromkeys(_parts(base, head, prompt_id)))


def _parts(base: Catalog, head: Catalog, prompt_id: str) -> Iterator[str]:
    before, after = base.settings, head.settings
    for catalog in (head, base):
        path = catalog.path_of(prompt_id)
        prompt = catalog.load_path(path).prompt if path else None
        if prompt is None:
            continue
        name = prompt.model.name
        yield from _models(before, after, name)
        if before.judges != after.judges and _has_judge(catalog, prompt_id):
            yield "judges"
        if before.paths != after.paths:
            yield "paths"
        break


def _models(before: ProjectSettings, after: ProjectSettings, name: str) -> Iterator[str]:
    if before.models.get(name) != after.models.get(name):
        yield f"models.{name}"
    for provider in dict.fromkeys(s.resolve_model(name).partition("/")[0] for s in (before, after)):
        if before.providers.get(provider) != after.providers.get(provider):
            yield f"providers.{provider}"


def _has_judge(catalog: Catalog, prompt_id: str) -> bool:
    path = catalog.suite_path_of(prompt_id)
    try:
        return path is not None and b"judge" in catalog.tree.read(path)
    except FileNotFoundError:
        return False
