"""`llmops.yaml`: providers, models, environments, the gate's numbers, folders and budgets of a repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.core.suites import GatePolicy
from llmops_cli.registry.documents.fields import field_of, object_of
from llmops_cli.registry.documents.schema_check import check_schema
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.tree import UnreadableFileError, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.registry.documents.yaml_document import YamlDocument
    from llmops_cli.registry.tree import FileTree

PROJECT_PATH = "llmops.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """How one provider is reached: the part of a model's name before the slash.

    `api_key_env` names the environment variable that holds the key; keys themselves are never in a file.
    `deterministic` says that the same request gives the same answer at temperature 0.
    """

    name: str
    protocol: str
    base_url: str | None = None
    api_key_env: str | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int = 4
    timeout_seconds: float = 60.0
    deterministic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAlias:
    """A model's own name in this repository, or own prices for a model, in US dollars per million tokens.

    `target` is `provider/model`; it equals `name` where the entry only sets prices.
    """

    name: str
    target: str
    input_usd_per_million: float | None = None
    output_usd_per_million: float | None = None
    cached_input_usd_per_million: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSettings:
    """A place where releases go. `require` holds what a release must show before it may enter."""

    name: str
    target: str
    promote_from: str | None = None
    require: JsonObject = field(default_factory=dict[str, "JsonValue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """A model in the role of a judge, as `llmops.yaml` names it or a rubric asks for it."""

    model: str
    temperature: float = 0.0
    votes: int = 1
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPaths:
    """The folders of the repository, relative to its root, without a trailing slash."""

    prompts: str = "prompts"
    evals: str = "evals"


BUILT_IN_PROVIDERS: Mapping[str, ProviderSettings] = MappingProxyType(
    {
        "local": ProviderSettings(name="local", protocol="local", concurrency=4, deterministic=True),
        "echo": ProviderSettings(name="echo", protocol="echo", concurrency=64, deterministic=True),
        "replay": ProviderSettings(name="replay", protocol="replay", concurrency=64, deterministic=True),
    },
)
"""Providers that need neither a key nor a network; a project file may change their settings, not remove them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """Everything of `llmops.yaml`; without that file, the defaults.

    `max_cost_usd` ends a run, `confirm_above_usd` is the estimate from which a person is asked first.
    """

    providers: Mapping[str, ProviderSettings] = field(default_factory=lambda: BUILT_IN_PROVIDERS)
    models: Mapping[str, ModelAlias] = field(default_factory=dict[str, ModelAlias])
    environments: Mapping[str, EnvironmentSettings] = field(default_factory=dict[str, EnvironmentSettings])
    gate: GatePolicy = field(default_factory=GatePolicy)
    paths: ProjectPaths = ProjectPaths()
    max_cost_usd: float | None = None
    confirm_above_usd: float | None = None
    judges: Mapping[str, JudgeSettings] = field(default_factory=dict[str, JudgeSettings])
    monitor: JsonObject = field(default_factory=dict[str, "JsonValue"])

    def resolve_model(self, name: str) -> str:
        """Return `provider/model` for an alias, and any other name as it is."""
        alias = self.models.get(name)
        return alias.target if alias else name


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProject:
    """The settings to work with (defaults where the file is unusable), and what is wrong with the file."""

    settings: ProjectSettings
    findings: tuple[Finding, ...] = ()


def load_project(tree: FileTree) -> LoadedProject:
    """Read `llmops.yaml` at the root of `tree`; a repository without one works with the defaults."""
    try:
        data = tree.read(PROJECT_PATH)
    except UnreadableFileError as error:
        finding = Finding(path=PROJECT_PATH, rule="file-missing", message=unreadable(error))
        return LoadedProject(settings=ProjectSettings(), findings=(finding,))
    except FileNotFoundError:
        return LoadedProject(settings=ProjectSettings())
    document = parse_yaml_document(data, PROJECT_PATH)
    findings = (*document.findings, *check_schema(document, "project")) if document.root else document.findings
    if document.root is None or any(finding.is_error for finding in findings):
        return LoadedProject(settings=ProjectSettings(), findings=findings)
    settings = _settings(document.root)
    return LoadedProject(settings=settings, findings=(*findings, *_contradictions(document, settings)))


def _settings(root: JsonObject) -> ProjectSettings:
    """Build the settings from a document that the schema has accepted."""
    providers = {name: _provider(name, entry) for name, entry in _named(root, "providers")}
    budget = object_of(root, "budget")
    paths = object_of(root, "paths")
    return ProjectSettings(
        providers={**BUILT_IN_PROVIDERS, **providers},
        models={name: _model(name, entry) for name, entry in _named(root, "models")},
        environments={name: _environment(name, entry) for name, entry in _named(root, "environments")},
        gate=gate_policy(object_of(root, "gate")),
        paths=ProjectPaths(
            prompts=_folder(field_of(paths, "prompts", ProjectPaths().prompts)),
            evals=_folder(field_of(paths, "evals", ProjectPaths().evals)),
        ),
        max_cost_usd=field_of(budget, "cost_usd", None),
        confirm_above_usd=field_of(budget, "confirm_above_usd", None),
        judges={name: judge_settings(entry) for name, entry in _named(root, "judges")},
        monitor=object_of(root, "monitor"),
    )


def gate_policy(entry: JsonObject, default: GatePolicy | None = None) -> GatePolicy:
    """Return the policy of a `gate:` mapping that the schema has accepted, over a default."""
    base = default or GatePolicy()
    return GatePolicy(
        margin=field_of(entry, "margin", base.margin),
        alpha=field_of(entry, "alpha", base.alpha),
        looks=tuple(field_of(entry, "looks", base.looks)),
        resolution=field_of(entry, "resolution", base.resolution),
        on_inconclusive=field_of(entry, "on_inconclusive", base.on_inconclusive),
        hard_breaks=field_of(entry, "hard_breaks", base.hard_breaks),
        min_cases=field_of(entry, "min_cases", base.min_cases),
        weak_suite=field_of(entry, "weak_suite", base.weak_suite),
        own_recordings=field_of(entry, "own_recordings", base.own_recordings),
    )


def _provider(name: str, entry: JsonObject) -> ProviderSettings:
    built_in = BUILT_IN_PROVIDERS.get(name)
    default = built_in or ProviderSettings(name=name, protocol="openai")
    key = object_of(entry, "api_key")
    return ProviderSettings(
        name=name,
        protocol=field_of(entry, "protocol", default.protocol),
        base_url=field_of(entry, "base_url", None),
        api_key_env=field_of(key, "env", None),
        requests_per_minute=field_of(entry, "requests_per_minute", None),
        tokens_per_minute=field_of(entry, "tokens_per_minute", None),
        concurrency=field_of(entry, "concurrency", default.concurrency),
        timeout_seconds=field_of(entry, "timeout_seconds", default.timeout_seconds),
        deterministic=field_of(entry, "deterministic", default.deterministic),
    )


def judge_settings(entry: JsonObject) -> JudgeSettings:
    """Return the settings of a `judge:` mapping that the schema has accepted."""
    return JudgeSettings(
        model=field_of(entry, "model", ""),
        temperature=field_of(entry, "temperature", 0.0),
        votes=field_of(entry, "votes", 1),
        max_tokens=field_of(entry, "max_tokens", None),
    )


def _model(name: str, entry: JsonObject) -> ModelAlias:
    price = object_of(entry, "price")
    return ModelAlias(
        name=name,
        target=field_of(entry, "name", name),
        input_usd_per_million=field_of(price, "input_usd_per_million", None),
        output_usd_per_million=field_of(price, "output_usd_per_million", None),
        cached_input_usd_per_million=field_of(price, "cached_input_usd_per_million", None),
    )


def _environment(name: str, entry: JsonObject) -> EnvironmentSettings:
    return EnvironmentSettings(
        name=name,
        target=field_of(entry, "target", ""),
        promote_from=field_of(entry, "promote_from", None),
        require=object_of(entry, "require"),
    )


def _contradictions(document: YamlDocument, settings: ProjectSettings) -> Iterator[Finding]:
    """Find names that point nowhere: an environment's source, the provider of a model."""
    for name, environment in settings.environments.items():
        source = environment.promote_from
        if source is not None and (source not in settings.environments or source == name):
            yield Finding(
                path=document.path,
                position=document.position_of("environments", name, "promote_from"),
                rule="unknown-environment",
                message=f"environment '{name}' cannot be promoted from '{source}'.",
                hint=did_you_mean(source, set(settings.environments) - {name}),
            )
    for name, alias in settings.models.items():
        provider = alias.target.partition("/")[0]
        if provider not in settings.providers:
            yield Finding(
                path=document.path,
                position=document.position_of("models", name),
                rule="unknown-provider",
                message=f"model '{name}' needs the provider '{provider}', which is not defined under `providers`.",
                hint=did_you_mean(provider, settings.providers),
            )


def _folder(path: str) -> str:
    return path.strip("/")


def _named(entry: JsonObject, key: str) -> Iterator[tuple[str, JsonObject]]:
    mappings = object_of(entry, key)
    for name in mappings:
        yield name, object_of(mappings, name)
