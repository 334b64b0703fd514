"""The options of `eval`, grouped: what to run, where answers come from, what it may cost."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.job import ALL_TIERS, RunBudget, repeats_for

if TYPE_CHECKING:
    from llmops_cli.core.prompts import ModelSettings
    from llmops_cli.core.scores import Tier
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.selection import Selection
    from llmops_cli.gateway.gateway_settings import AnswerMode
    from llmops_cli.registry.project_file import ProjectSettings


BASELINE = "baseline"
"""What `--against` means when no revision is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOptions:
    """Everything that was asked for on the command line; empty and None mean: as the suite says.

    With a `ray_address` trials run on that cluster, without one in this process.
    """

    prompts: tuple[str, ...]
    models: tuple[str, ...]
    selection: Selection
    mode: AnswerMode
    tiers: frozenset[Tier] = ALL_TIERS
    repeats: int | None = None
    concurrency: int | None = None
    max_cost_usd: float | None = None
    max_calls: int | None = None
    allow_unknown_price: bool = False
    use_cache: bool = True
    resume: bool = True
    retry_errors: bool = False
    fail_fast_tier: bool = False
    agreed_to_cost: bool = False
    batch: bool = False
    against: str = BASELINE
    aa: bool = False
    ray_address: str | None = None

    @property
    def replays(self) -> bool:
        """Whether all answers come from recordings, which cost nothing."""
        return self.mode.value == "replay"

    @property
    def revision(self) -> str | None:
        """The Git revision whose prompt is run beside today's, None where the baseline is compared with."""
        return None if self.against == BASELINE else self.against

    def same_run(self, model: str) -> str:
        """Return the options with which `eval` finds its run of `model` again, as they are typed; led by a blank."""
        words = [f"--model {model}"] if self.models else []
        words += [f"--filter {shlex.quote(pattern)}" for pattern in self.selection.filters]
        words += [f"--sample {self.selection.sample}"] if self.selection.sample is not None else []
        words += [f"--shard {self.selection.shard}"] if self.selection.shard.count > 1 else []
        words += [f"--repeats {self.repeats}"] if self.repeats is not None else []
        words += [f"--tier {tier.value}" for tier in sorted(self.tiers)] if self.tiers != ALL_TIERS else []
        words += ["--fail-fast-tier"] if self.fail_fast_tier else []
        words += ["--batch"] if self.batch else []
        return "".join(f" {word}" for word in words)

    def repeats_for(self, suite: Suite, model: ModelSettings) -> int:
        """Return the trials per case, at most: what was asked for, what the comparison may need, or the suite's."""
        if self.repeats is not None:
            return self.repeats
        if self.aa:
            from llmops_cli.evals.gating.self_comparison import SELF_TRIALS  # noqa: PLC0415 - only with this option

            return SELF_TRIALS
        return repeats_for(suite, model) if self.revision is None else max(suite.gate.looks)

    def budget(self, settings: ProjectSettings) -> RunBudget:
        """Return what the whole command may spend: the tighter limit of the command line and the project."""
        known = [limit for limit in (self.max_cost_usd, settings.max_cost_usd) if limit is not None]
        return RunBudget(max_cost_usd=min(known, default=None), max_calls=self.max_calls)
