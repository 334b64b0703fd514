"""The way of a check: open both sides, find what is affected, guard, validate, and only then ask models."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.ci.affected import affected
from llmops_cli.ci.gate_findings import gate_findings
from llmops_cli.ci.gate_guard import gate_changes
from llmops_cli.ci.gate_report import GateReport
from llmops_cli.ci.gate_sides import open_sides, usual_base
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.completions import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What was asked for: which revisions, how strict, who approved, where answers come from, at which cost.

    `allow_commands` lets programs answer as models: the environment names them, but they may be files of the change.
    `with_diffs` puts into the report how the words and the tokens of each prompt changed.
    """

    base: str | None
    head: str | None
    strict: bool
    approved_by: str
    mode: AnswerMode
    use_cache: bool
    max_cost_usd: float | None
    max_calls: int | None
    allow_commands: bool
    with_diffs: bool = False


async def run_gate(workspace: Workspace, options: GateOptions) -> GateReport:
    """Run the check. No model is asked where a file is invalid, or where no prompt is affected.

    Raises:
        UsageError, SetupError: when a revision is not in this clone.
    """
    repository = workspace.repository
    sides = open_sides(
        repository,
        options.base or usual_base(repository),
        work_tree=workspace.tree,
        head=options.head,
        approved=bool(options.approved_by),
    )
    reached = affected(sides.change)
    found = GateReport(
        base_label=sides.base_label,
        base_commit=sides.base_commit,
        head_label=sides.head_label,
        changes=await gate_changes(sides.change, reached, KNOWN_METRICS),
        findings=gate_findings(sides, reached, repository, KNOWN_METRICS),
        prompts=(),
        affected=tuple(reached),
        unaffected=len(set(sides.change.head.prompt_ids()) - reached.keys()),
        notes=sides.notes,
        strict=options.strict,
        approved_by=options.approved_by,
    )
    there = {prompt_id: why for prompt_id, why in reached.items() if sides.change.head.path_of(prompt_id)}
    if found.invalid or not there:
        return found
    return replace(found, prompts=await _reports(workspace, sides, options, there))


async def _reports(
    workspace: Workspace, sides: GateSides, options: GateOptions, reached: Mapping[str, tuple[Reason, ...]]
) -> tuple[PromptReport, ...]:
    from llmops_cli.commands._command_budget import CommandBudget  # noqa: PLC0415 - only where a prompt is affected
    from llmops_cli.commands._gate_parts import Gateways  # noqa: PLC0415 - as above
    from llmops_cli.commands._gate_run import GateRun  # noqa: PLC0415 - as above
    from llmops_cli.evals.job import RunBudget  # noqa: PLC0415 - as above
    from llmops_cli.gateway.assembly import open_gateway  # noqa: PLC0415 - as above

    settings = gateway_settings(workspace, sides, options)
    async with AsyncExitStack() as stack:
        gateways = Gateways(
            usual=await stack.enter_async_context(open_gateway(settings)),
            fresh=await stack.enter_async_context(open_gateway(replace(settings, use_cache=False))),
            recorded=await stack.enter_async_context(open_gateway(replace(settings, mode=AnswerMode.REPLAY))),
        )
        limits = [usd for usd in (options.max_cost_usd, sides.settings.max_cost_usd) if usd is not None]
        budget = CommandBudget(RunBudget(max_cost_usd=min(limits, default=None), max_calls=options.max_calls))
        run = GateRun(workspace, sides, gateways, budget, options.mode, with_diffs=options.with_diffs)
        return tuple([await run.report(prompt_id, reasons) for prompt_id, reasons in reached.items()])


def gateway_settings(workspace: Workspace, sides: GateSides, options: GateOptions) -> GatewaySettings:
    """Return the gateway's settings: the base's providers and prices, this machine's keys."""
    from llmops_cli.registry.costs.prices import cost_usd, own_prices, price_of  # noqa: PLC0415 - loads the table

    prices = own_prices(sides.settings)

    def price(model: str, usage: Usage) -> float | None:
        known = price_of(model, prices)
        return None if known is None else cost_usd(known, usage)

    return GatewaySettings(
        project=sides.settings,
        root=workspace.root,
        environ=workspace.invocation.environ,
        mode=options.mode,
        offline=workspace.invocation.offline,
        use_cache=options.use_cache,
        price=price,
        allow_commands=options.allow_commands,
        notify=workspace.console.note,
    )
