"""Asks a person before an evaluation spends more than the project allows without asking."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError
from llmops_cli.reports.numbers import usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.commands._eval_plan import PlannedRun
    from llmops_cli.commands._workspace import Workspace

HINT = "Pass --yes to agree, or evaluate fewer cases: --sample, --filter, --max-cost."


def ask_above_limit(workspace: Workspace, planned: Sequence[PlannedRun], whole: float | None, *, agreed: bool) -> None:
    """Go on only where the runs stay below `budget.confirm_above_usd`, or somebody says yes.

    `whole` is what the whole command may spend, in dollars.

    Raises:
        RefusedError: when nobody can be asked, or the answer is no.
    """
    limit = workspace.settings.confirm_above_usd
    most = most_usd(planned, whole)
    if agreed or limit is None or (most is not None and most <= limit):
        return
    cost = "cost an unknown amount" if most is None else f"cost up to {usd(most)}"
    message = f"this may {cost}, and llmops.yaml asks before more than {usd(limit)} (budget.confirm_above_usd)."
    if not (sys.stdin.isatty() and workspace.console.is_terminal):
        raise RefusedError(message, hint=HINT)
    workspace.console.error(f"This may {cost}; llmops.yaml asks before more than {usd(limit)}. Go on? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        message = "not agreed to; nothing was run."
        raise RefusedError(message, hint=HINT)


def most_usd(planned: Sequence[PlannedRun], whole: float | None) -> float | None:
    """Return what all runs can cost at most: each its own budget, all together `whole`; None with an unknown price."""
    total = 0.0
    for run in planned:
        if run.most_usd is None:
            return None
        limit = run.job.budget.max_cost_usd
        total += run.most_usd if limit is None else min(run.most_usd, limit)
    return total if whole is None else min(total, whole)
