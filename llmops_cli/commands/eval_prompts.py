"""`llmops eval`: measure prompts on their suites and compare with the committed baseline."""

from enum import StrEnum
from typing import Annotated

import typer

from llmops_cli.commands._eval_formats import TEXT, complete_format, format_parser
from llmops_cli.commands._parameters import BaseRevision, PromptIds
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.exit_codes import ExitCode


class TierName(StrEnum):
    """The tiers of metrics, cheapest first."""

    DETERMINISTIC = "deterministic"
    SEMANTIC = "semantic"
    JUDGE = "judge"


class ExecutorName(StrEnum):
    """Where trials run."""

    ASYNC = "async"
    RAY = "ray"


def eval_prompts(  # noqa: PLR0913 - the options of the command; they are grouped in its first line
    ctx: typer.Context,
    prompts: PromptIds = None,
    *,
    tier: Annotated[
        list[TierName] | None,
        typer.Option("--tier", help="Only metrics of this tier; may be repeated.", show_default=False),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", metavar="PATTERN", help="Case ids (a glob), tag:NAME, or critical.", show_default=False
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="N cases, always the same ones.", show_default=False),
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="Only part I of N parts.", show_default=False)
    ] = None,
    repeats: Annotated[
        int | None, typer.Option("--repeats", metavar="N", min=1, help="Trials per case.", show_default=False)
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="MODEL", help="Ask this model instead; may be repeated.", show_default=False),
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Answer from the committed recordings only.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Ask live, and add the answers to the recordings.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask live, whatever the cache holds.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor fill the response cache.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Go on with an unfinished run of the same content.")
    ] = True,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Run the trials of the last run again that had errors.")
    ] = False,
    fail_fast_tier: Annotated[
        bool, typer.Option("--fail-fast-tier", help="A failed metric spares the costlier tiers of its trial.")
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", metavar="USD", min=0, help="Spend at most this in all.", show_default=False),
    ] = None,
    max_calls: Annotated[
        int | None,
        typer.Option("--max-calls", metavar="N", min=0, help="Call models at most so often.", show_default=False),
    ] = None,
    allow_unknown_price: Annotated[
        bool, typer.Option("--allow-unknown-price", help="Call models whose price is not known.")
    ] = False,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", metavar="N", min=1, help="Calls at once.", show_default=False)
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask in the provider's batches: half the price, within a day.")
    ] = False,
    executor: Annotated[
        ExecutorName, typer.Option("--executor", help="Where trials run: in this process, or on a Ray cluster.")
    ] = ExecutorName.ASYNC,
    ray_address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="HOST:PORT|auto|local",
            help="The cluster, instead of RAY_ADDRESS; local starts a Ray here.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree to a cost above budget.confirm_above_usd without being asked.")
    ] = False,
    against: Annotated[
        str,
        typer.Option("--against", metavar="baseline|REV", help="The baseline, or a revision to run beside this one."),
    ] = "baseline",
    aa: Annotated[
        bool, typer.Option("--aa", help="Run the prompt against itself: how often the gate of this suite errs.")
    ] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only prompts that the change since --base reaches.")
    ] = False,
    base: BaseRevision = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Evaluate again what a changed file reaches, until Ctrl-C.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan with its price, and stop.")] = False,
    output_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="[text|json|markdown|junit|csv|jsonl|html]",
            help="How to print the results, also as an installed package does.",
            parser=format_parser(TEXT),
            autocompletion=complete_format,
        ),
    ] = TEXT,
) -> ExitCode:
    """Measure prompts on their suites, and compare with the baseline.

    Answers come from the cache, else from the model, else (where it cannot be used here) from the committed
    recordings; the report says which. Every trial is kept in .llmops/runs; the same command goes on after Ctrl-C.

    Ends with 0 when every prompt passes against its committed baseline, 1 on a regression or a failed critical case,
    5 when nothing could be measured, 6 when nothing matched, 7 when there is no usable baseline, and 10 when the
    result is too noisy, has too many errors, or a budget stopped it. Of several prompts the gravest counts:
    1, 5, 10, 7, 0.
    """
    import asyncio  # noqa: PLC0415 - only when the command runs

    from llmops_cli.commands._eval_flow import evaluate_prompts  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._eval_options import BASELINE, EvalOptions  # noqa: PLC0415 - only when the command runs
    from llmops_cli.core.scores import Tier  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.selection import Selection, Shard  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.gateway_settings import AnswerMode  # noqa: PLC0415 - only when the command runs

    modes = {AnswerMode.REPLAY: replay, AnswerMode.RECORD: record, AnswerMode.LIVE: live}
    chosen = [mode for mode, wanted in modes.items() if wanted]
    if len(chosen) > 1:
        message = "--replay, --record and --live exclude each other."
        raise UsageError(message)
    if batch and (replay or record or against != BASELINE):
        message = "--batch asks the model itself, once: leave --replay, --record and --against out."
        raise UsageError(message)
    cluster = _cluster(ctx, executor, ray_address)
    if cluster and (record or batch or against != BASELINE):
        message = "--executor ray runs trials on several machines: leave --record, --batch and --against out."
        raise UsageError(message)
    if aa and against != BASELINE:
        message = "--aa and --against exclude each other."
        raise UsageError(message)
    if base is not None and not changed:
        message = "--base needs --changed."
        raise UsageError(message, hint="To run a revision beside this one: --against REV")
    options = EvalOptions(
        prompts=_reached(workspace_of(ctx), prompts, base) if changed else tuple(prompts or ()),
        models=tuple(dict.fromkeys(model or ())),
        selection=Selection(
            filters=tuple(filters or ()), sample=sample, shard=Shard.parse(shard) if shard else Shard()
        ),
        mode=chosen[0] if chosen else AnswerMode.AUTO,
        tiers=frozenset(Tier(name.value) for name in tier) if tier else frozenset(Tier),
        repeats=repeats,
        concurrency=concurrency,
        max_cost_usd=max_cost,
        max_calls=max_calls,
        allow_unknown_price=allow_unknown_price,
        use_cache=not no_cache,
        resume=resume,
        retry_errors=retry_errors,
        fail_fast_tier=fail_fast_tier,
        agreed_to_cost=yes,
        batch=batch,
        against=against,
        aa=aa,
        ray_address=cluster,
    )

    def evaluate(workspace: Workspace, wanted: EvalOptions) -> ExitCode:
        return asyncio.run(evaluate_prompts(workspace, wanted, output_format, dry_run=dry_run))

    if watch:
        from llmops_cli.commands._eval_watch import watch as watch_files  # noqa: PLC0415 - only with this option
        from llmops_cli.commands._invocation import invocation_of  # noqa: PLC0415 - only with this option

        return watch_files(invocation_of(ctx), options, evaluate)
    return evaluate(workspace_of(ctx), options)


def _cluster(ctx: typer.Context, executor: ExecutorName, address: str | None) -> str | None:
    """Return the address of the Ray cluster to use; a Ray of this machine is only started where asked for."""
    from llmops_cli.commands._invocation import invocation_of  # noqa: PLC0415 - only when the command runs

    if executor is not ExecutorName.RAY:
        if address is not None:
            message = "--ray-address needs --executor ray."
            raise UsageError(message)
        return None
    found = address or invocation_of(ctx).environ.get("RAY_ADDRESS")
    if not found:
        message = "--executor ray needs a cluster."
        raise UsageError(message, hint="Name it in RAY_ADDRESS or --ray-address; --ray-address local starts one here.")
    return found


def _reached(workspace: Workspace, prompts: list[str] | None, base: str | None) -> tuple[str, ...]:
    """Return the prompts, of those named or of all with a suite, that the change since the base reaches."""
    from llmops_cli.ci.affected import affected  # noqa: PLC0415 - only with this option
    from llmops_cli.ci.gate_sides import open_sides, usual_base  # noqa: PLC0415 - only with this option

    revision = base or usual_base(workspace.repository)
    sides = open_sides(workspace.repository, revision, work_tree=workspace.tree, head=None, approved=False)
    head = sides.change.head
    found = tuple(
        name for name in affected(sides.change) if head.suite_path_of(name) and (not prompts or name in prompts)
    )
    if not found:
        message = f"the change since {sides.base_label} reaches no prompt with a suite."
        raise NothingMatchedError(message, hint="Why: llmops why PROMPT")
    return found
