"""The files that decide how one prompt does: prompt, partials, suite, cases, rubrics, schemas, baseline, recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from llmops_cli.core.errors import LlmopsError
from llmops_cli.registry.documents.fields import objects_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.registry.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Dependency:
    """A file and the way to it, the prompt's file first."""

    path: str
    through: tuple[str, ...]


def may_depend(catalog: Catalog, prompt_id: str, changed: Iterable[str]) -> bool:
    """Tell cheaply whether a prompt may depend on one of these files: by name, without parsing anything."""
    own = {catalog.path_of(prompt_id), catalog.suite_path_of(prompt_id), baseline_path(catalog, prompt_id)}
    names = [path for path in own if path is not None]
    rest = [path for path in changed if path in own or _is_shared(catalog, path)]
    if any(path in own for path in rest):
        return True
    texts = [_bytes(catalog, path) for path in names] if rest else []
    return any(_is_named(path, texts) for path in rest)


def dependencies_of(catalog: Catalog, prompt_id: str) -> Iterator[Dependency]:
    """Walk the files of one prompt; what cannot be read is left to validation."""
    path = catalog.path_of(prompt_id)
    origin = path or f"{catalog.settings.paths.prompts}/{prompt_id}.yaml"
    if path is not None:
        yield Dependency(path, (path,))
        yield from _of_prompt(catalog, path)
    suite = catalog.suite_path_of(prompt_id)
    if suite is not None:
        yield Dependency(suite, (origin, suite))
        yield from (Dependency(found, (origin, suite, *way, found)) for found, way in _of_suite(catalog, suite))
    baseline = baseline_path(catalog, prompt_id)
    yield Dependency(baseline, (origin, baseline))


def baseline_path(catalog: Catalog, prompt_id: str) -> str:
    """Return where the baseline of a prompt is committed."""
    return f"{catalog.settings.paths.evals}/baselines/{prompt_id}.json"


def _of_prompt(catalog: Catalog, path: str) -> Iterator[Dependency]:
    prompt = catalog.load_path(path).prompt
    if prompt is None:
        return
    places = {PurePosixPath(place).stem: place for place in catalog.partial_paths()}
    folder = f"{catalog.settings.paths.prompts}/_partials/"
    for partial in prompt.partials:
        place = places.get(partial.rpartition("/")[2], f"{folder}{partial}.md")
        yield Dependency(place, (path, place))


def _of_suite(catalog: Catalog, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Walk the files that a suite names: cases, and files that metrics of the suite or of a case name."""
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415 - loads PyYAML

    root = parse_yaml_document(_bytes(catalog, path), path).root or {}
    folder = PurePosixPath(path).parent
    cases = root.get("cases")
    names = [cases] if isinstance(cases, str) else cases if isinstance(cases, list) else []
    files = set(catalog.tree.paths(catalog.settings.paths.evals))
    for name in names:
        if isinstance(name, str):
            dataset = (folder / name).as_posix()
            yield dataset, ()
            yield from ((found, (dataset,)) for found in _named_in_rows(catalog, dataset, folder, files))
    entries = list(objects_of(root, "metrics")) if isinstance(root.get("metrics"), list) else []
    for inline in names:
        if isinstance(inline, dict) and isinstance(inline.get("metrics"), list):
            entries += objects_of(inline, "metrics")
    yield from ((found, ()) for found in _named(entries, folder, files))


def _named(entries: Iterable[JsonObject], folder: PurePosixPath, files: set[str]) -> Iterator[str]:
    """Find the values of metric parameters that are files next to the suite: rubrics, schemas, prompts of judges."""
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        for value in entry.values():
            if isinstance(value, str) and (place := (folder / value).as_posix()) in files:
                yield place


def _named_in_rows(catalog: Catalog, dataset: str, folder: PurePosixPath, files: set[str]) -> Iterator[str]:
    from llmops_cli.registry.documents.datasets import DatasetRow, stream_cases_rows  # noqa: PLC0415 - reads CSV and JSON

    data = _bytes(catalog, dataset)
    if b"metrics" not in data:
        return
    for row in stream_cases_rows(data, dataset):
        if isinstance(row, DatasetRow) and isinstance(row.value.get("metrics"), list):
            yield from _named(objects_of(row.value, "metrics"), folder, files)


def _is_shared(catalog: Catalog, path: str) -> bool:
    """Tell whether a file may belong to several prompts: a partial, cases, a rubric, a schema."""
    prompts, evals = f"{catalog.settings.paths.prompts}/", f"{catalog.settings.paths.evals}/"
    if path.startswith(f"{prompts}_partials/"):
        return True
    folder, slash, _ = path.removeprefix(evals).rpartition("/")
    own_kind = folder.startswith(("baselines", "recordings")) or (not slash and path.endswith((".yaml", ".yml")))
    return path.startswith(evals) and not own_kind


def _is_named(path: str, texts: list[bytes]) -> bool:
    name = PurePosixPath(path)
    if "/_partials/" in path:
        # a partial may stand in another partial, which the prompt's text does not show
        return any(b"include" in text for text in texts)
    if name.suffix in {".jsonl", ".csv"}:
        return any(name.name.encode() in text for text in texts)
    # a case may name a rubric or a schema, which the two texts do not show
    return True


def _bytes(catalog: Catalog, path: str) -> bytes:
    try:
        return catalog.tree.read(path)
    except (FileNotFoundError, LlmopsError):
        return b""
