from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.suites import GatePolicy
from llmops_cli.registry.project_file import (
    BUILT_IN_PROVIDERS,
    JudgeSettings,
    LoadedProject,
    ProjectPaths,
    ProjectSettings,
    ProviderSettings,
    load_project,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class OneFile:
    label = "test"

    def __init__(self, text: str | None) -> None:
        self.text = text

    def paths(self, folder: str = "") -> Iterator[str]:
        del folder
        return iter(())

    def read(self, path: str) -> bytes:
        if self.text is None or path != "llmops.yaml":
            raise FileNotFoundError(path)
        return self.text.encode()

    def holds(self, path: str, data: bytes) -> bool:
        return self.read(path) == data


def loaded(text: str | None) -> LoadedProject:
    return load_project(OneFile(text))


def test_a_repository_without_a_project_file_works_with_the_defaults() -> None:
    assert loaded(None) == LoadedProject(settings=ProjectSettings())
    assert set(ProjectSettings().providers) == {"local", "echo", "replay"}


def test_every_field_is_read() -> None:
    project = loaded("""\
providers:
  openai:
    protocol: openai
    base_url: https://api.openai.com/v1
    api_key: {env: OPENAI_API_KEY}
    requests_per_minute: 60
    tokens_per_minute: 1000
    concurrency: 8
    timeout_seconds: 30
  local: {protocol: local, concurrency: 2}
models:
  fast: {name: openai/gpt-5-mini, price: {input_usd_per_million: 0.25, output_usd_per_million: 2}}
environments:
  staging: {target: "sqlite:staging.db"}
  production: {target: "https://prompts.example.org/", promote_from: staging, require: {verdict: accepted}}
gate: {margin: 0.03, min_cases: 30, looks: [1, 3]}
judges: {strict: {model: openai/gpt-5, votes: 3}}
budget: {cost_usd: 5, confirm_above_usd: 1}
monitor: {sample: 0.02}
paths: {prompts: llm/prompts/, evals: llm/evals}
""")
    assert project.findings == ()
    settings = project.settings
    assert settings.providers["openai"] == ProviderSettings(
        name="openai",
        protocol="openai",
        base_url="https://api.openai.com/v1",
        api_key_env="OPENAI_API_KEY",
        requests_per_minute=60,
        tokens_per_minute=1000,
        concurrency=8,
        timeout_seconds=30,
    )
    assert settings.providers["local"].concurrency == 2
    assert settings.providers["local"].deterministic
    assert settings.providers["echo"] == BUILT_IN_PROVIDERS["echo"]
    assert settings.resolve_model("fast") == "openai/gpt-5-mini"
    assert settings.resolve_model("openai/gpt-5") == "openai/gpt-5"
    assert settings.models["fast"].output_usd_per_million == 2
    assert settings.environments["production"].promote_from == "staging"
    assert settings.environments["production"].require == {"verdict": "accepted"}
    assert settings.gate == GatePolicy(margin=0.03, min_cases=30, looks=(1, 3))
    assert settings.judges == {"strict": JudgeSettings(model="openai/gpt-5", votes=3)}
    assert (settings.max_cost_usd, settings.confirm_above_usd) == (5, 1)
    assert settings.monitor == {"sample": 0.02}
    assert settings.paths == ProjectPaths(prompts="llm/prompts", evals="llm/evals")


def test_a_broken_project_file_gives_findings_and_the_defaults() -> None:
    project = loaded("providers: {x: {protocol: opnai}}\nunknwon: 1\n")
    assert project.settings == ProjectSettings()
    assert {finding.rule for finding in project.findings} == {"unknown-value", "unknown-key"}


def test_a_literal_key_is_no_setting() -> None:
    project = loaded("providers: {openai: {protocol: openai, api_key: sk-123}}\n")
    assert any(finding.is_error for finding in project.findings)
    assert "openai" not in project.settings.providers


def test_names_that_point_nowhere_are_found() -> None:
    project = loaded("""\
models: {fast: {name: opnai/gpt-5}}
providers: {openai: {protocol: openai}}
environments:
  production: {target: "sqlite:x", promote_from: stagin}
  staging: {target: "sqlite:y", promote_from: staging}
""")
    assert [(f.rule, f.hint) for f in project.findings] == [
        ("unknown-environment", "Did you mean 'staging'?"),
        ("unknown-environment", ""),
        ("unknown-provider", "Did you mean 'openai'?"),
    ]
