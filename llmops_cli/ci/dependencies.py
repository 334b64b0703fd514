"""The files that decide how one prompt does: prompt, partials, suite, cases, rubrics, schemas, baseline, recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmops_cli.core.errors import LlmopsError
from llmops_cli.registry.documents.fields import field_of, objects_of

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
    prompts, evals = f"{catalog.settings.paths.prompts}/", f"{catalog.settings.paths.evals}/"
    rest = set()
    for path in changed:
        if path in own:
            return True
        if path.startswith((f"{prompts}_partials/", evals)) and not path.startswith(f"{evals}baselines/"):
            rest.add(path)
    if not rest:
        return False
    texts = [_bytes(catalog, path) for path in (catalog.path_of(prompt_id), catalog.suite_path_of(prompt_id)) if path]
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


def recordings_path(catalog: Catalog, model: str) -> str:
    """Return where the answers of a model are committed (`gateway.recordings` writes them)."""
    provider, _, name = catalog.settings.resolve_model(model).partition("/")
    return f"{catalog.settings.paths.evals}/recordings/{quote(provider, safe='')}/{quote(name, safe='')}.jsonl"


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
    from llmops_cli.registry.documents.datasets import read_cases_rows  # noqa: PLC0415 - reads CSV and JSON

    data = _bytes(catalog, dataset)
    if b"metrics" not in data:
        return
    for row in read_cases_rows(data, dataset).rows:
        metrics = field_of(row.value, "metrics", [])
        if isinstance(metrics, list):
            yield from _named(metrics, folder, files)


def _is_named(path: str, texts: list[bytes]) -> bool:
    name = PurePosixPath(path)
    # a dataset may name a rubric, which the two texts do not show: such a file is looked at more closely
    if "/cases/" not in path and "/_partials/" not in path:
        return True
    return any(name.name.encode() in text or name.stem.encode() in text for text in texts)


def _bytes(catalog: Catalog, path: str) -> bytes:
    try:
        return catalog.tree.read(path)
    except (FileNotFoundError, LlmopsError):
        return b""
