"""The judges of a suite: which rubrics its metrics name, which models judge, and the digests that tell them apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.safe_text import safe_text
from llmops_cli.registry.project_file import JudgeSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.core.suites import MetricSpec, Suite
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.documents.yaml_document import YamlDocument
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.rubric_file import ParsedRubric, Rubric

DEFAULT_JUDGE = "default"
"""The name under `judges:` of the judge that metrics and rubrics need not name."""


def is_judge(spec: MetricSpec) -> bool:
    """Tell whether a metric asks a model, by its name: the registry knows metrics by their names only."""
    return spec.metric == "judge" or spec.metric.startswith("judge_")


def judge_metrics(suite: Suite) -> tuple[MetricSpec, ...]:
    """Return the suite's judges, then those that single cases add."""
    specs = (*suite.metrics, *(spec for case in suite.cases for spec in case.metrics))
    return tuple(spec for spec in specs if is_judge(spec))


def placed_judges(suite: Suite, document: YamlDocument) -> Iterator[tuple[tuple[str | int, ...], str, MetricSpec]]:
    """Yield each judge with its place in the suite's file and what to call it: the suite's, then those of cases.

    A judge that many cases add alike is one. Of a case in a file of its own the place is that of `cases`.
    """
    for index, spec in enumerate(suite.metrics):
        if is_judge(spec):
            yield ("metrics", index), f"'{spec.name}'", spec
    written = document.root.get("cases") if document.root else None
    inline = isinstance(written, list) and all(isinstance(case, dict) for case in written)
    seen: list[MetricSpec] = []
    for number, case in enumerate(suite.cases):
        for index, spec in enumerate(case.metrics):
            if is_judge(spec) and spec not in seen:
                seen.append(spec)
                place = ("cases", number, "metrics", index) if inline else ("cases",)
                yield place, f"'{spec.name}' of case '{safe_text(case.id, one_line=True)}'", spec


def rubric_path(name: str, suite_path: str) -> str:
    """Return the path in the repository of a rubric as a suite names it: from the suite's folder."""
    path = PurePosixPath(suite_path).parent / name
    return "" if ".." in path.parts or path.is_absolute() else path.as_posix()


def load_rubric(catalog: Catalog, path: str) -> ParsedRubric | None:
    """Read the rubric at a path of the repository, None when there is no file."""
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415 - loads PyYAML
    from llmops_cli.registry.rubric_file import parse_rubric  # noqa: PLC0415 - only suites with judges need it

    try:
        return parse_rubric(parse_yaml_document(catalog.tree.read(path), path))
    except FileNotFoundError:
        return None


def judge_names(spec: MetricSpec, rubric: Rubric | None, settings: ProjectSettings) -> tuple[str, ...]:
    """Return who judges, as written: the metric's word, else the rubric's, else the project's; empty when nobody."""
    models = spec.parameters.get("models")
    if isinstance(models, (list, tuple)):
        return tuple(map(str, models))
    named = spec.parameters.get("model")
    if named:
        return (str(named),)
    if rubric is not None and rubric.judge is not None:
        return (rubric.judge.model,)
    return (DEFAULT_JUDGE,) if DEFAULT_JUDGE in settings.judges else ()


def judge_settings_of(name: str, settings: ProjectSettings) -> JudgeSettings:
    """Return the settings of a judge by its name under `judges:`, an alias or `provider/model`; the model resolved."""
    known = settings.judges.get(name) or JudgeSettings(model=name)
    return replace(known, model=settings.resolve_model(known.model))


def with_judges(suite: Suite, catalog: Catalog) -> Suite:
    """Return the suite with the digests of its rubrics and judges: runs under other ones cannot be compared."""
    specs = judge_metrics(suite)
    if not specs:
        return suite
    rubrics = _rubrics(specs, suite, catalog)
    settings = catalog.settings
    judges = {
        spec.name: digest_of(
            [
                _as_json(judge_settings_of(name, settings))
                for name in judge_names(spec, rubrics.get(str(spec.parameters.get("rubric", ""))), settings)
            ]
        )
        for spec in specs
    }
    digests = {name: rubric.digest() for name, rubric in sorted(rubrics.items())}
    return replace(suite, rubrics=digests, judges=dict(sorted(judges.items())))


def _rubrics(specs: Iterable[MetricSpec], suite: Suite, catalog: Catalog) -> dict[str, Rubric]:
    names = {str(spec.parameters["rubric"]) for spec in specs if "rubric" in spec.parameters}
    parsed = {name: load_rubric(catalog, rubric_path(name, suite.path)) for name in names}
    return {name: each.rubric for name, each in parsed.items() if each is not None and each.rubric is not None}


def _as_json(judge: JudgeSettings) -> dict[str, str | float | int | None]:
    return {
        "max_tokens": judge.max_tokens,
        "model": judge.model,
        "temperature": judge.temperature,
        "votes": judge.votes,
    }
