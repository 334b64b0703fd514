"""What a whole command may spend: each run gets what those before it have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.evals.job import RunBudget

if TYPE_CHECKING:
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.registry.project_file import ProjectSettings


class CommandBudget:
    """Counts dollars and live calls over all prompts, models, arms, suites and judges of one command.

    `whole` limits the command; a limit of a suite holds for each run of it.
    """

    def __init__(self, whole: RunBudget) -> None:
        """Begin with nothing spent."""
        self._whole = whole
        self.paid_usd = 0.0
        self.calls = 0

    def spend(self, paid_usd: float, calls: int = 0) -> None:
        """Take what a run has cost."""
        self.paid_usd += paid_usd
        self.calls += calls

    def left(self, *limits_usd: float | None, arms: int = 1) -> RunBudget:
        """Return what one of so many arms of the next run may spend; `limits_usd` are those of that run alone."""
        whole, calls = self._whole.max_cost_usd, self._whole.max_calls
        left_usd = None if whole is None else max(whole - self.paid_usd, 0.0)
        dollars = [limit for limit in (left_usd, *limits_usd) if limit is not None]
        return RunBudget(
            max_cost_usd=min(dollars) / arms if dollars else None,
            max_calls=None if calls is None else max(calls - self.calls, 0) // arms,
        )


def refuse_unknown_price(settings: ProjectSettings, gateway: Gateway, model: str, budget: RunBudget) -> None:
    """Stop before the first call where dollars are limited and nobody knows what a call costs.

    A model whose answers are committed is let through: those cost nothing, and a live one stops the run.

    Raises:
        UsageError: naming the model.
    """
    from llmops_cli.registry.costs.prices import own_prices, price_of  # noqa: PLC0415 - loads the table

    if budget.max_cost_usd is None or gateway.has_recordings(model):
        return
    if price_of(model, own_prices(settings)) is None:
        message = f"what '{safe_text(model, one_line=True)}' costs is not known, so no limit in dollars can be kept."
        raise UsageError(message, hint="Set its price under models: in llmops.yaml of the base, or use --max-calls.")
