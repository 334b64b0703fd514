"""What an evaluation is going to do, before it does it: which prompts, cases, models, trials, at which price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.commands._command_budget import CommandBudget
from llmops_cli.commands._judge_licences import without_licence
from llmops_cli.commands._prompt_reference import find_prompt
from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.registry.suites import usable_suite

if TYPE_CHECKING:
    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.prompts import ModelSettings, Prompt
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.gateway.assembly import Gateway, ModelDescription

SAMPLED_CASES = 20
"""Cases that are rendered to guess the size of all; their sizes differ less than answers do."""

BYTES_PER_TOKEN = 3
"""English has more than 4 bytes a token, Chinese about 3."""

BATCH_PRICE = 0.5
"""Of the usual one, as `gateway.batches` reckons it."""

TOKENS_PER_MESSAGE = 4
"""What a message takes beside its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One job with what it can cost at most; None when no price is known or answers have no limit."""

    job: EvalJob
    most_usd: float | None


def plan_runs(workspace: Workspace, options: EvalOptions, gateway: Gateway) -> tuple[PlannedRun, ...]:
    """Return the runs of every selected prompt on every wanted model.

    Raises:
        NothingMatchedError: when no prompt, case or metric is left.
        UsageError: when a name means nothing, or a price is unknown and that is not allowed.
        InvalidFileError: when a prompt or suite has errors; nothing is called before all are fine.
    """
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

    planned: list[PlannedRun] = []
    nothing: NothingMatchedError | None = None
    for prompt in _prompts(workspace, options):
        suite = usable_suite(workspace.catalog, prompt.id, KNOWN_METRICS)
        for model in options.models or (None,):
            try:
                planned.append(_planned(workspace, options, gateway, prompt, suite, model))
            except NothingMatchedError as error:
                if options.prompts:
                    raise
                # a filter that fits one prompt need not fit all of them; what is named has to be run
                nothing = error
                workspace.console.note(f"skipped: {error.message}")
    if not planned and nothing is not None:
        raise nothing
    return tuple(planned)


def _prompts(workspace: Workspace, options: EvalOptions) -> list[Prompt]:
    if options.prompts:
        return [find_prompt(workspace, name).prompt for name in dict.fromkeys(options.prompts)]
    catalog = workspace.catalog
    chosen = [catalog.prompt(prompt_id) for prompt_id in catalog.prompt_ids() if catalog.suite_path_of(prompt_id)]
    if not chosen:
        message = "there is no prompt with a suite."
        raise NothingMatchedError(message, where=str(workspace.root), hint="Make one: llmops new my-prompt")
    return chosen


def _planned(
    workspace: Workspace, options: EvalOptions, gateway: Gateway, prompt: Prompt, suite: Suite, model: str | None
) -> PlannedRun:
    from llmops_cli.evals.job import EvalJob  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.selection import select_cases  # noqa: PLC0415 - only when the command runs

    described = gateway.describe(model or prompt.model.name)
    settings = replace(prompt.model, name=described.name)
    cases = select_cases(suite, options.selection)
    job = EvalJob(
        prompt=prompt,
        suite=suite,
        model=settings,
        cases=cases,
        repeats=1 if _one_tells_all(options, settings, described) else options.repeats_for(suite, settings),
        concurrency=options.concurrency or described.concurrency,
        budget=CommandBudget(options.budget(workspace.settings)).left(suite.max_cost_usd),
        tiers=options.tiers,
        fail_fast_tier=options.fail_fast_tier,
        selection=options.selection,
        aside=without_licence(workspace.catalog, suite),
    )
    if not any(job.metrics_of(case) for case in cases):
        message = f"no metric of '{safe_text(prompt.id, one_line=True)}' is of the tiers asked for."
        raise NothingMatchedError(message, where=suite.path)
    both = replace(job, repeats=2 * job.repeats) if options.revision else job
    most = 0.0 if options.replays else _most_usd(workspace, both)
    if most is None and not options.allow_unknown_price:
        message = f"what '{safe_text(described.name, one_line=True)}' costs is not known."
        hint = "Set its price under models: in llmops.yaml, limit max_tokens, or pass --allow-unknown-price."
        raise UsageError(message, where=prompt.path, hint=hint)
    return PlannedRun(job=job, most_usd=most * BATCH_PRICE if options.batch and most else most)


def _one_tells_all(options: EvalOptions, model: ModelSettings, described: ModelDescription) -> bool:
    """Tell whether an A/A needs one trial of a case: where repeats are declared to be the same, the rest is known."""
    same = described.deterministic and (model.temperature == 0 or options.replays)
    return options.aa and options.repeats is None and same


def _most_usd(workspace: Workspace, job: EvalJob) -> float | None:
    """Return what all trials cost when every answer is as long as it may be.

    Tokens of the prompts are guessed from their bytes, rather too many: counting them would load the
    ranks, which takes longer than evaluating a thousand cases from the cache.
    """
    from llmops_cli.core.completions import Usage  # noqa: PLC0415 - only when the command runs
    from llmops_cli.core.errors import InvalidFileError  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.costs.prices import cost_usd, own_prices, price_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - only when the command runs

    price = price_of(job.model.name, own_prices(workspace.settings))
    if price is None:
        return None
    if price.input_usd_per_million == price.output_usd_per_million == 0:
        return 0.0
    if job.model.max_tokens is None:
        return None
    counts = []
    for case in job.cases[:: max(len(job.cases) // SAMPLED_CASES, 1)]:
        try:
            counts.append(sum(_most_tokens(each.content) for each in render_messages(job.prompt, case.variables)))
        except InvalidFileError:  # such a case is an errored trial, and costs nothing
            continue
    mean = sum(counts) / len(counts) if counts else 0
    usage = Usage(input_tokens=round(mean * job.trials), output_tokens=job.model.max_tokens * job.trials)
    return cost_usd(price, usage)


def _most_tokens(text: str) -> int:
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + TOKENS_PER_MESSAGE
