"""Judges for commands: models from the gateway, rubrics from the repository, verdicts kept on this machine."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError, UsageError

if TYPE_CHECKING:
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.evals.judges.judge_request import JudgeModel
    from llmops_cli.evals.judges.ports import JudgePorts
    from llmops_cli.evals.ports import Bind
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.gateway.gateway_settings import AnswerMode
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.project_file import JudgeSettings, ProjectSettings
    from llmops_cli.registry.rubric_file import Rubric

VERDICTS = ".llmops/verdicts.jsonl"


def scorers(
    workspace: Workspace, gateway: Gateway, mode: AnswerMode, *, suite_path: str, catalog: Catalog | None = None
) -> Bind:
    """Return the binding of every metric: embeddings and judges through the gateway.

    `catalog` is where rubrics are read from and whose settings name the judges, the work tree if not given: a gate
    takes the base's.
    """
    from llmops_cli.evals.judges.binding import with_judges  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import bind  # noqa: PLC0415 - only when the command runs

    return with_judges(
        partial(bind, models=gateway.embeddings),
        lambda: judge_ports(workspace, gateway, mode, suite_path=suite_path, catalog=catalog),
    )


def judge_ports(
    workspace: Workspace, gateway: Gateway, mode: AnswerMode, *, suite_path: str, catalog: Catalog | None = None
) -> JudgePorts:
    """Return what judges are handed.

    Fence markers are random; where replies are recorded or committed they are made of
    the texts, so that the same question is asked again. Earlier verdicts count only where earlier answers do.
    """
    from llmops_cli.evals.judges.markers import random_markers, repeatable_markers  # noqa: PLC0415 - as above
    from llmops_cli.evals.judges.ports import JudgePorts  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.judges.verdict_cache import NoVerdicts, VerdictFile  # noqa: PLC0415 - as above

    of = catalog or workspace.catalog
    recording = mode.value in {"record", "replay"}
    kept = mode.value == "auto"
    return JudgePorts(
        model=gateway,
        rubric=lambda name: find_rubric(of, name, suite_path),
        judge_model=lambda name: judge_model(of.settings, gateway, name),
        markers=lambda name: (
            repeatable_markers() if recording or gateway.has_recordings(name) else random_markers(secrets.token_hex)
        ),
        verdicts=VerdictFile(workspace.root / VERDICTS) if kept else NoVerdicts(),
        default_judge="default" if "default" in of.settings.judges else "",
    )


def judge_model(settings: ProjectSettings, gateway: Gateway, name: str) -> JudgeModel:
    """Return a judge's settings by its name.

    Raises:
        UsageError: when the model's provider is not defined.
    """
    from llmops_cli.registry.suite_judges import judge_settings_of  # noqa: PLC0415 - only when the command runs

    judge = judge_settings_of(name, settings)
    described = gateway.describe(judge.model)
    return judge_as(judge, described.name, described.protocol)


def judge_as(judge: JudgeSettings, model: str, protocol: str) -> JudgeModel:
    """Return how a judge is asked through a protocol; `model` is resolved."""
    from llmops_cli.evals.judges.judge_request import JudgeModel  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.label_logprobs import logprob_settings  # noqa: PLC0415 - only when the command runs

    return JudgeModel(
        name=model,
        temperature=judge.temperature,
        votes=judge.votes,
        max_tokens=judge.max_tokens,
        seed=SEED if protocol in SEEDED else None,
        logprobs=logprob_settings(protocol),
    )


SEEDED = frozenset({"openai", "gemini", "local"})
"""Protocols that take a seed; the others refuse a request that has one."""

SEED = 0
"""The seed of the first vote, for providers that take one; each further vote has the next number."""


def find_rubric(catalog: Catalog, name: str, suite_path: str) -> Rubric:
    """Return a rubric as a suite names it.

    Raises:
        UsageError: when there is no such file.
        InvalidFileError: when it has errors; carries all of them.
    """
    from llmops_cli.registry.catalog import invalid  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.suite_judges import load_rubric, rubric_path  # noqa: PLC0415 - only when the command runs

    path = rubric_path(name, suite_path)
    parsed = load_rubric(catalog, path) if path else None
    if parsed is None:
        message = f"there is no rubric '{name}'."
        raise UsageError(message, where=suite_path, hint="The path is relative to the folder of the suite file.")
    if parsed.rubric is None:
        error: InvalidFileError = invalid(path, parsed.findings)
        raise error
    return parsed.rubric
