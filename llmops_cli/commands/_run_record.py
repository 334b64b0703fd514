"""A run on disk, read back with the suite of now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from llmops_cli.registry.suites import usable_suite

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.run_folder import RunRecord
    from llmops_cli.evals.runs.summary import RunSummary

INTERRUPTED = "the run was interrupted; llmops eval goes on with it"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run with the job that it belongs to. `changed` names what is not what it was when the run was made."""

    record: RunRecord
    job: EvalJob
    changed: tuple[str, ...]


def stored_run(workspace: Workspace, record: RunRecord) -> StoredRun:
    """Put a run's record and today's prompt and suite together.

    Raises:
        UsageError, InvalidFileError: when its prompt or suite is gone or does not validate.
    """
    from llmops_cli.core.scores import Tier  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.job import EvalJob  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

    header = record.header
    identity = cast("JsonObject", header["identity"])
    prompt = workspace.catalog.prompt(str(header["prompt"]))
    suite = usable_suite(workspace.catalog, prompt.id, KNOWN_METRICS)
    tiers = {str(name) for name in cast("Sequence[str]", identity["tiers"])}
    job = EvalJob(
        prompt=prompt,
        suite=suite,
        model=replace(prompt.model, name=str(header["model"])),
        cases=suite.cases,
        repeats=cast("int", header["repeats"]),
        tiers=frozenset(tier for tier in Tier if tier.value in tiers),
        fail_fast_tier=identity["fail_fast_tier"] is True,
        aside=frozenset(map(str, cast("Sequence[str]", identity.get("aside", ())))),
    )
    job = _with_its_cases(job, record)
    now = job.identity.as_json()
    parts = {"prompt": "prompt", "dataset": "cases", "metrics": "metrics", "model": "model settings"}
    changed = tuple(word for field, word in parts.items() if now[field] != identity[field])
    return StoredRun(record=record, job=job, changed=changed)


def _with_its_cases(job: EvalJob, record: RunRecord) -> EvalJob:
    """Return the job with the cases that the run selected; where the suite has changed, with those of them it ran."""
    from llmops_cli.core.errors import LlmopsError  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.merging import selection_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.selection import select_cases  # noqa: PLC0415 - only when the command runs

    try:
        selection = selection_of(record.header)
        selected = replace(job, selection=selection, cases=select_cases(job.suite, selection))
    except LlmopsError:
        selected = job
    if len(selected.cases) == record.header["cases"]:
        return selected
    ran = {entry.trial.key.case_id for entry in read_entries(record.journal)}
    return replace(selected, cases=tuple(case for case in job.suite.cases if case.id in ran))


def summary_of(stored: StoredRun, *, trials_to_show: int) -> RunSummary:
    """Return the figures of a stored run, with that many failing trials."""
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.summary_builder import summarize  # noqa: PLC0415 - only when the command runs

    result = stored.record.result
    stopped = INTERRUPTED if result is None else str(result.get("stopped", ""))
    summary = summarize(stored.job, read_entries(stored.record.journal), stopped=stopped, trials_to_show=trials_to_show)
    version = stored.record.header.get("prompt_version")
    return replace(summary, prompt_version=version) if isinstance(version, int) else summary


def measured_run_of(
    workspace: Workspace,
    job: EvalJob,
    record_journal: RunRecord,
    summary: RunSummary,
    *,
    only_warn: Collection[str] = (),
    whole: bool = False,
) -> MeasuredRun:
    """Return the trials of a run, of which some judges `only_warn`; `whole` for baselines."""
    from llmops_cli.evals.comparing.measured_run import collect_run  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.journal import read_entries  # noqa: PLC0415 - only when the command runs

    entries = read_entries(record_journal.journal)
    steady = metrics_that_stay(workspace, job, summary)
    return collect_run(job, entries, deterministic_metrics=steady, only_warn=only_warn, whole=whole)


def metrics_that_stay(workspace: Workspace, job: EvalJob, summary: RunSummary) -> frozenset[str]:
    """Return the names of the metrics that would give the same scores again, were the run repeated."""
    from llmops_cli.core.scores import Tier  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.measuring.metric_table import tier_of  # noqa: PLC0415 - only when the command runs

    if not answers_are_steady(workspace, job, summary.sources):
        return frozenset()
    own = (spec for case in job.cases if case.metrics for spec in job.metrics_of(case))
    return frozenset(spec.name for spec in (*job.metrics_of_suite(), *own) if tier_of(spec) is not Tier.JUDGE)


def answers_are_steady(workspace: Workspace, job: EvalJob, sources: Mapping[str, int]) -> bool:
    """Tell whether the same requests get the same answers: recordings, or temperature 0 where that holds."""
    if sources and set(sources) <= {"recording"}:
        return True
    provider = workspace.settings.providers.get(job.model.name.partition("/")[0])
    return provider is not None and provider.deterministic and job.model.temperature == 0
